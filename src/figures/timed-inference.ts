import type { Packing } from "../he-ml/crypto/packing.js";
import { checkParameters, parametersSpec, type ParametersSpec } from "../he-ml/crypto/parameters.js";
import { loadModel } from "../he-ml/node/files/load-model.js";
import { explain } from "../he-ml/program/explain.js";
import type { Program } from "../he-ml/program/program.js";
import { Client } from "../he-ml/service/client.js";
import { Server } from "../he-ml/service/server.js";
import type { Session } from "../he-ml/service/session.js";
import { timed } from "../he-ml/service/timed.js";
import { sizeOf, tensor, zeros, type Tensor } from "../he-ml/tensor/tensor.js";
import { loadTestImages } from "../train/load-dataset.js";
import { compileAlike } from "./mnist-networks.js";

/** What is run encrypted: a committed model, in a packing. */
export type InferenceCase = { readonly model: FigureModel; readonly packing: Packing };

const datasets = {
  lenet1: "mnist",
  "lenet1-from-tanh": "mnist",
  "mnist-small": "mnist",
  "breast-cancer": "breast-cancer",
} as const;

export type FigureModel = keyof typeof datasets;

/**
 * For packings layer by layer: primes of 50 bits, which the kernels compute fastest with, and scales for which there is room in
 * all of these models. Packing `packed` has parameters of its plan.
 */
export const layeredParameters = {
  polyModulusDegree: 8192,
  coeffModulusBits: [50, 50, 50, 50],
  scaleBits: 22,
  weightScaleBits: 14,
} satisfies ParametersSpec;

/** Planned by typical costs, so that all machines have the same program. */
export async function programOf({ model: name, packing }: InferenceCase): Promise<Program> {
  const model = await loadModel(name);
  const options =
    packing === "packed"
      ? { samples: await imagesOf(name, 2) }
      : { parameters: checkParameters(layeredParameters) };
  return compileAlike(model, { packing, evaluator: "kernel", ...options });
}

/** What a program comes to on any machine, as JSON. */
export type ProgramFacts = InferenceCase & {
  readonly polyModulusDegree: number;
  readonly coeffModulusBits: readonly number[];
  readonly scaleBits: number;
  readonly security: number | "teaching";
  readonly rotationKeys: number;
  /** What travels: a request and an answer, of one image or a whole batch, and the evaluation keys, once. */
  readonly bytes: { readonly input: number; readonly output: number; readonly evaluationKeys: number };
  /** Images that one evaluation computes in the time of one. */
  readonly imagesAtOnce: number;
};

export function factsOf({ model, packing }: InferenceCase, program: Program): ProgramFacts {
  const { polyModulusDegree, coeffModulusBits, scaleBits, security } = parametersSpec(program.parameters);
  return {
    ...{ model, packing, polyModulusDegree, coeffModulusBits, scaleBits, security },
    rotationKeys: program.clientSpec.rotations.length,
    bytes: explain(program).bytes,
    imagesAtOnce: packing === "batch" ? program.parameters.slots : 1,
  };
}

/** Test images of the model's dataset, the first 200 over and over. */
export async function imagesOf(model: FigureModel, count: number): Promise<Tensor> {
  const committed = model === "breast-cancer" ? 100 : 200;
  const indices = Array.from({ length: Math.min(count, committed) }, (_, i) => i);
  const { images } = await loadTestImages(datasets[model], indices);
  const [available, ...shape] = images.shape;
  const size = sizeOf(shape);
  const values = new Float64Array(count * size);
  for (let i = 0; i < count; i++) {
    const from = (i % available) * size;
    values.set(images.data.subarray(from, from + size), i * size);
  }
  return tensor([count, ...shape], values);
}

/** What one request took, on one thread, and what came of it. */
export interface TimedRequest {
  readonly milliseconds: {
    readonly encrypt: number;
    /** From the request's bytes to the answer's. */
    readonly evaluate: number;
    readonly decrypt: number;
    /** Of all three. */
    readonly total: number;
  };
  /** `[n, classes]` */
  readonly logits: Tensor;
}

/** A program with its client, and its server in this thread. */
export class TimedInference {
  private constructor(
    readonly program: Program,
    private readonly client: Client,
    private readonly server: Server,
    private readonly session: Session,
    /** Milliseconds. */
    readonly setup: { readonly keys: number; readonly encode: number },
  ) {}

  static async open(program: Program): Promise<TimedInference> {
    const [{ client, keys }, making] = await timed(async () => {
      const made = await Client.create(program.clientSpec);
      return { client: made, keys: made.evaluationKeys };
    });
    const [server, encode] = await timed(() => Server.start(program, { threads: 0 }));
    const session = await server.connect(keys);
    const setup = { keys: making, encode };
    return new TimedInference(program, client, server, session, setup);
  }

  async run(images: Tensor, signal?: AbortSignal): Promise<TimedRequest> {
    const [request, encrypt] = await timed(() => this.client.encryptAsync(images, { signal }));
    const [{ response }, evaluate] = await timed(() => this.session.run(request, { signal }));
    const [logits, decrypt] = await timed(() => this.client.decrypt(response));
    return { milliseconds: { encrypt, evaluate, decrypt, total: encrypt + evaluate + decrypt }, logits };
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

/**
 * Does what needs a running program: it is started when it is first asked for, which it is not where all results are there already,
 * and warm, where that matters.
 */
export async function withInference<T>(
  program: Program,
  work: (started: () => Promise<TimedInference>) => Promise<T>,
): Promise<T> {
  let started: Promise<TimedInference> | undefined;
  const start = async () => {
    const inference = await TimedInference.open(program);
    const { inputShape } = program.clientSpec;
    if (program.packing === "packed") await inference.run(zeros([1, ...inputShape]));
    return inference;
  };
  try {
    return await work(() => (started ??= start()));
  } finally {
    await (await started)?.close();
  }
}
