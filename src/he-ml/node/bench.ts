import * as z from "zod";
import { CostMeter } from "../calibration/measure-costs.js";
import { thisMachine, type Machine } from "./calibration/machine-costs.js";
import { payloadLength } from "../crypto/byte-format.js";
import type { EvaluatorChoice } from "../crypto/choose-evaluator.js";
import { evaluatorKindSchema, type EvaluatorKind } from "../crypto/evaluator-kind.js";
import { parametersSpec } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import { layerShapes, modelForward, requireBatchOf, requireNetwork, type Model } from "../model/model.js";
import type { PrimitiveCosts } from "../planner/search/costs.js";
import { compile } from "./compile.js";
import { explain, type Explanation } from "../program/explain.js";
import type { Program } from "../program/program.js";
import { testKernels } from "../kernels/self-test.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import { argmax, imageAt, maxAbs, stack, zeros, type Tensor } from "../tensor/tensor.js";
import type { Client } from "../service/client.js";
import { requireLogits } from "../service/infer.js";
import { Server } from "./server.js";
import type { Session } from "../service/session.js";
import { timed } from "../service/timed.js";
import { median, minAndMedian, TimedProgram, type MinAndMedian } from "./timed-program.js";

/** A model to measure. */
export interface BenchModel {
  readonly model: Model;
  /** Images to plan by and to measure precision on, with onnxruntime's logits; none for a network with made-up weights. */
  readonly images?: Tensor;
  readonly plainLogits?: Tensor;
}

export interface Precision {
  readonly images: number;
  readonly maxAbsError: number;
  /** Of all images. */
  readonly largestLogit: number;
  readonly relativeToMax: number;
  /** Images whose encrypted and plain prediction differ. */
  readonly flips: number;
}

/** Another evaluator, timed in turn. */
export interface ComparedBench {
  readonly evaluator: EvaluatorKind;
  /** Its own best plan, or its best one under the very parameters of what it is compared with. */
  readonly chain: "own" | "same";
  readonly parameters: Explanation["parameters"];
  readonly evaluateMilliseconds: MinAndMedian;
  /** Its time over that of what it is compared with: min / min, and medians. */
  readonly timesAsLong: MinAndMedian;
}

export interface ModelBench {
  readonly model: string;
  readonly packing: "packed";
  /** Images of one evaluation. */
  readonly images: 1;
  /** What computed; it is planned for. */
  readonly evaluator: EvaluatorChoice;
  /** The server's work alone, warm, on one thread. */
  readonly evaluateMilliseconds: MinAndMedian;
  /** SEAL's evaluator in turn with it, evaluation by evaluation; none where one evaluator was asked for by name. */
  readonly compared: readonly ComparedBench[];
  /** The same in rotations at the top level, a few of which were timed after each evaluation: min / min, and medians. */
  readonly timesOneRotation: MinAndMedian;
  /** By worker threads that share each stage; what they take in and give out is in neither. */
  readonly sharedMilliseconds?: { readonly threads: number; readonly min: number; readonly median: number };
  readonly predictedMilliseconds: number;
  /** Predicted over measured (median). */
  readonly predictedOverMeasured: number;
  /** `encode` starts a server in this thread: it opens its WASM and encodes the weights. */
  readonly setupMilliseconds: { readonly plan: number; readonly keys: number; readonly encode: number };
  readonly encryptMilliseconds: number;
  readonly decryptMilliseconds: number;
  readonly bytes: { readonly input: number; readonly evaluationKeys: number; readonly output: number };
  readonly parameters: Explanation["parameters"];
  readonly stages: readonly {
    readonly name: string;
    readonly rotate: number;
    readonly multiplyPlain: number;
    readonly predictedMilliseconds: number;
    readonly measuredMilliseconds: number;
  }[];
  readonly rotations: number;
  readonly precision?: Precision;
}

/** What a benchmark measured, as plain JSON. */
export interface BenchReport {
  readonly machine: Machine;
  /** Primitive costs of the same run, under the first model's parameters. */
  readonly primitives: PrimitiveCosts;
  readonly models: readonly ModelBench[];
}

export interface BenchOptions {
  /** Worker threads that share a stage's work, in a measurement of its own; 1 (for none) if left out. */
  readonly threads?: number;
  /** This one only. If left out the kernels are measured, where they can be used, and SEAL beside them. */
  readonly evaluator?: EvaluatorKind;
  /** Evaluations to time; 15 if left out. */
  readonly repetitions?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

const optionsSchema = z.strictObject({
  threads: z.int().min(1).optional(),
  evaluator: evaluatorKindSchema.optional(),
  repetitions: z.int().min(1).optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: z.custom((value) => typeof value === "function", "expected a function").optional(),
} satisfies Record<keyof BenchOptions, z.ZodType>);

/** A busy moment hits evaluations and rotations alike when they are timed in turn. */
const rotationsBetweenRuns = 3;

/**
 * Measures latency, sizes and precision of packed inference, and the primitives beside them.
 *
 * @example const { models } = await bench([{ model: await loadModel("lenet1") }]);
 */
export async function bench(models: readonly BenchModel[], options: BenchOptions = {}): Promise<BenchReport> {
  if (!Array.isArray(models) || models.length === 0) {
    throw new InputError("bench: expected a list of at least one { model }");
  }
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(`bench: options: ${path.join(".") || "the whole"}: ${message}`);
  }
  models.forEach(requireBenchModel);
  const measured: { readonly bench: ModelBench; readonly primitives: PrimitiveCosts }[] = [];
  for (const model of models)
    measured.push(await benchModel(model, { threads: 1, repetitions: 15, ...options }));
  return {
    machine: thisMachine(),
    primitives: measured[0].primitives,
    models: measured.map((each) => each.bench),
  };
}

/** @throws InputError before anything is planned, unless images and logits are those of the model */
function requireBenchModel(given: BenchModel): void {
  const { model, images, plainLogits } = (given ?? {}) as Partial<BenchModel>;
  requireNetwork("bench", model);
  if (images) requireBatchOf(model.inputShape, images, "bench: images");
  if (plainLogits && !images) {
    throw new InputError("bench: plainLogits: expected images beside them; give what they are the logits of");
  }
  if (images && plainLogits) {
    requireLogits("bench: plainLogits", plainLogits, images.shape[0], layerShapes(model).at(-1)!);
  }
}

type Settled = BenchOptions & Required<Pick<BenchOptions, "threads" | "repetitions">>;

async function benchModel({ model, images, plainLogits }: BenchModel, options: Settled) {
  const progress = (done: number) => options.onProgress?.(model.name, done, 3 + options.repetitions);
  progress(0);
  const samples = images && stack([imageAt(images, 0), imageAt(images, Math.min(1, images.shape[0] - 1))]);
  const evaluator = options.evaluator ?? ((await testKernels()).kind ? "kernel" : "seal");
  const [program, plan] = await timed(() => compile(model, { samples, evaluator }));
  progress(1);
  const { parameters } = program;
  const image = stack([images ? imageAt(images, 0) : zeros(model.inputShape)]);
  const own = await TimedProgram.start(program, image, options.evaluator);
  const others: Rival[] = [];
  try {
    if (options.evaluator === undefined && evaluator === "kernel") {
      for (const chain of ["own", "same"] as const) {
        const rival = await rivalOn(chain, () =>
          compile(model, { samples, evaluator: "seal", ...(chain === "same" ? { parameters } : {}) }),
        );
        if (rival) others.push({ chain, timed: await TimedProgram.start(rival, image) });
      }
    }
    progress(2);
    const meter = await CostMeter.open(parameters, evaluator);
    const primitives = meter.costs();
    progress(3);
    const { response, rotations } = await repeat(
      [own, ...others.map((rival) => rival.timed)],
      meter,
      options,
      (i) => progress(3 + i),
    );
    const { client, session, keys, request } = own;
    const [, decrypt] = await timed(() => client.decrypt(response));
    const explanation = explain(program, { costs: primitives });
    const predicted = explanation.totals.predictedMilliseconds;
    const measured: ModelBench = {
      model: model.name,
      packing: "packed",
      images: 1,
      evaluator: own.server.evaluator,
      evaluateMilliseconds: minAndMedian(own.evaluations),
      compared: others.map((rival) => comparedWith(own, rival)),
      timesOneRotation: ratios(own.evaluations, rotations),
      sharedMilliseconds: await measureShared(program, keys, request, options),
      predictedMilliseconds: predicted,
      predictedOverMeasured: predicted / median(own.evaluations),
      setupMilliseconds: { plan, keys: own.milliseconds.keys, encode: own.milliseconds.encode },
      encryptMilliseconds: own.milliseconds.encrypt,
      decryptMilliseconds: decrypt,
      bytes: {
        input: payloadLength(request),
        evaluationKeys: payloadLength(keys),
        output: payloadLength(response),
      },
      parameters: explanation.parameters,
      stages: explanation.stages.map(({ name, ops, predictedMilliseconds }, i) => ({
        name,
        rotate: ops.rotate,
        multiplyPlain: ops.multiplyPlain,
        predictedMilliseconds,
        measuredMilliseconds: median(own.stages.map((milliseconds) => milliseconds[i])),
      })),
      rotations: explanation.totals.ops.rotate,
      precision: images && (await measurePrecision({ client, session, model, images, plainLogits, options })),
    };
    return { bench: measured, primitives };
  } finally {
    for (const { timed: rival } of others) await rival.close();
    await own.close();
  }
}

/** SEAL's program, or none where it cannot be planned on the kernels' chain. */
function rivalOn(chain: Rival["chain"], plan: () => Promise<Program>): Promise<Program | undefined> {
  return plan().catch((error: unknown) => {
    if (chain === "same" && error instanceof InputError) return undefined;
    throw error;
  });
}

interface Rival {
  readonly chain: ComparedBench["chain"];
  readonly timed: TimedProgram;
}

function comparedWith(own: TimedProgram, { chain, timed: rival }: Rival): ComparedBench {
  return {
    evaluator: rival.server.evaluator.evaluator,
    chain,
    parameters: parametersSpec(rival.program.parameters),
    evaluateMilliseconds: minAndMedian(rival.evaluations),
    timesAsLong: ratios(rival.evaluations, own.evaluations),
  };
}

const ratios = (a: readonly number[], b: readonly number[]): MinAndMedian => ({
  min: Math.min(...a) / Math.min(...b),
  median: median(a) / median(b),
});

/**
 * Times evaluations on one thread, those of each program and rotations in turn.
 *
 * @returns the first program's last response, and milliseconds of rotations
 */
async function repeat(
  programs: readonly TimedProgram[],
  meter: CostMeter,
  { repetitions, signal }: Settled,
  onDone: (count: number) => void,
): Promise<{ readonly response: Uint8Array; readonly rotations: readonly number[] }> {
  for (const program of programs) {
    await program.evaluate(signal);
    program.forget();
  }
  const rotations: number[] = [];
  let response: Uint8Array = new Uint8Array();
  for (let i = 1; i <= repetitions; i++) {
    const [first] = await inTurn(programs, (program) => program.evaluate(signal));
    response = first;
    for (let k = 0; k < rotationsBetweenRuns; k++) rotations.push(meter.rotateOnce());
    onDone(i);
  }
  return { response, rotations };
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** Each thread has V8 compile its WASM anew, which takes some runs. */
const warmUpRuns = 15;

/** The same evaluation by worker threads that share each stage. */
async function measureShared(
  program: Program,
  keys: Uint8Array,
  request: Uint8Array,
  { threads, evaluator, repetitions, signal }: Settled,
): Promise<ModelBench["sharedMilliseconds"]> {
  if (threads === 1) return undefined;
  const server = await Server.start(program, { threads, evaluator });
  try {
    const session = await server.connect(keys);
    const evaluations: number[] = [];
    for (let i = -warmUpRuns; i < repetitions; i++) {
      const { traces } = await session.run(request, { signal });
      if (i >= 0) evaluations.push(traces.reduce((sum, { milliseconds }) => sum + milliseconds, 0));
    }
    return { threads, ...minAndMedian(evaluations) };
  } finally {
    await server.close();
  }
}

async function measurePrecision({
  client,
  session,
  model,
  images,
  plainLogits = modelForward(model, images).at(-1)!,
  options,
}: {
  readonly client: Client;
  readonly session: Session;
  readonly model: Model;
  readonly images: Tensor;
  readonly plainLogits?: Tensor;
  readonly options: Settled;
}): Promise<Precision> {
  const [count] = images.shape;
  let [maxAbsError, flips] = [0, 0];
  for (let i = 0; i < count; i++) {
    options.signal?.throwIfAborted();
    options.onProgress?.(`${model.name}: precision`, i, count);
    const { response } = await session.run(client.encrypt(imageAt(images, i)));
    const logits = imageAt(client.decrypt(response), 0);
    const expected = imageAt(plainLogits, i);
    maxAbsError = Math.max(maxAbsError, errorStatistics(logits, expected).maxAbs);
    if (argmax(logits.data) !== argmax(expected.data)) flips++;
  }
  const largestLogit = maxAbs(plainLogits.data);
  return { images: count, maxAbsError, largestLogit, relativeToMax: maxAbsError / largestLogit, flips };
}
