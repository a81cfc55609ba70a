import * as z from "zod";
import { requireArgument, requireOptions } from "../arguments.js";
import { payloadLength } from "../crypto/byte-format.js";
import { evaluatorChoiceSchema } from "../crypto/choose-evaluator.js";
import { evaluatorKinds, evaluatorKindSchema, type EvaluatorKind } from "../crypto/evaluator-kind.js";
import { packingSchema } from "../crypto/packing.js";
import { parametersSpec, writtenParametersSchema } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import { countSchema, measuredSchema, type TypeOf } from "../schema.js";
import { layerTraceSchema } from "../layers/trace.js";
import { layerForward, requireBatchOf, type Layer } from "../model/model.js";
import { requireInputRange } from "../model/input-range.js";
import { valueRanges as rangesOf } from "../model/value-range.js";
import { requireRoom } from "../planner/room.js";
import { layerStates } from "../program/chain.js";
import { explain, explanationSchema, travellingSchema } from "../program/explain.js";
import { Program } from "../program/program.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import { argmax, formatShape, imageAt, requireTensor, type Shape, type Tensor } from "../tensor/tensor.js";
import { Client } from "./client.js";
import { gapsBetween, gapsSchema } from "./gaps.js";
import { requireKeyRoom, usualKeyBytes } from "./key-room.js";
import { Server } from "./server.js";
import type { Session } from "./session.js";
import { timed } from "./timed.js";

const stageMillisecondsSchema = z.object({
  encrypt: z.number(),
  /** The server's work alone, warm. */
  evaluate: z.number(),
  decrypt: z.number(),
});

/** Milliseconds of each stage for the whole batch. */
export interface StageMilliseconds extends TypeOf<typeof stageMillisecondsSchema> {}

const imageResultSchema = z.object({
  logits: z.array(measuredSchema),
  plainLogits: z.array(measuredSchema),
  predicted: countSchema,
  plainPredicted: countSchema,
  /** What the image shows; null where that is not known. */
  label: z.number().nullable(),
  maxAbsError: measuredSchema,
  /** Largest difference from the logits that the image came with, where it came with any. */
  maxAbsErrorToExpected: measuredSchema.optional(),
  /** maxAbsError divided by the largest magnitude among the plain logits; as in ErrorStatistics. */
  relativeToMax: measuredSchema,
  /** Of the whole batch, the same for each of its images. */
  milliseconds: stageMillisecondsSchema,
});

export interface ImageResult extends TypeOf<typeof imageResultSchema> {}

export const inferenceReportSchema = z.object({
  model: z.string(),
  packing: packingSchema,
  images: countSchema,
  parameters: writtenParametersSchema,
  threads: countSchema,
  /** What computed, and why. */
  evaluator: evaluatorChoiceSchema,
  results: z.array(imageResultSchema).min(1),
  /** What each output stands for, where that is known. */
  classNames: z.array(z.string()).optional(),
  setupMilliseconds: z.object({ keys: z.number(), server: z.number() }),
  /** What would travel. */
  bytes: travellingSchema,
  layers: z.array(layerTraceSchema),
  /** How far the results lie apart, and how far they may. */
  gaps: gapsSchema,
  /** What was told before the run, in packing `packed`. */
  explanation: explanationSchema.optional(),
});

/** What an encrypted inference gave and took, as plain JSON. */
export interface InferenceReport extends TypeOf<typeof inferenceReportSchema> {}

export interface InferOptions {
  /** What each image shows; null where that is not known. */
  readonly labels?: readonly (number | null)[];
  /** The plain result to compare with, `[n, classes]`; the plain forward if left out. */
  readonly plainLogits?: Tensor;
  /** Logits that the images came with, `[n, classes]`. */
  readonly expectedLogits?: Tensor;
  /** What each output stands for; the model's own class names if left out. */
  readonly classNames?: readonly string[];
  /** Worker threads, as in `ServerOptions`. */
  readonly threads?: number;
  /** What computes, as in `ServerOptions`. */
  readonly evaluator?: EvaluatorKind;
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

/**
 * Plays client and server: makes keys, encrypts, evaluates, decrypts, and compares with the plain model.
 *
 * @param images `[n, …inputShape]`
 * @throws InputError before anything is encrypted if images and program do not fit together
 * @example
 * const report = await infer(await compile(await loadModel("lenet1")), images);
 * console.log(report.results[0].predicted, report.layers);
 */
export function infer(
  program: Program,
  images: Tensor,
  options: InferOptions = {},
): Promise<InferenceReport> {
  return inferOn(Server, program, images, options);
}

/** As `infer`, with the class of the server to start. */
export async function inferOn(
  servers: Pick<typeof Server, "start">,
  program: Program,
  images: Tensor,
  options: InferOptions,
): Promise<InferenceReport> {
  Program.require("infer", program);
  requireOptions("infer", options);
  const { model, packing, parameters, clientSpec } = program;
  const {
    expectedLogits,
    threads,
    evaluator,
    signal,
    onProgress,
    classNames = clientSpec.classNames,
  } = options;
  requireEvaluator(evaluator);
  requireTensor("infer", images);
  requireBatchOf(clientSpec.inputShape, images, `model "${model.name}"`);
  requireOneEach(program, images.shape[0], options);
  requireInputRange("infer", clientSpec.inputRange, images);
  const outputs = plainOutputs(program, images);
  requireRoomForValues(program, images, outputs);
  requireKeyRoom("infer", program, usualKeyBytes);
  const plainLogits = options.plainLogits ?? outputs.at(-1)!;
  const [count] = images.shape;
  const labels = options.labels ?? new Array<null>(count).fill(null);
  const explanation = packing === "packed" ? explain(program) : undefined;

  const security = parameters.security === "teaching" ? parameters.security : undefined;
  const [client, clientMilliseconds] = await timed(() => Client.create(clientSpec, { security }));
  const [keys, keysMilliseconds] = await timed(() => client.evaluationKeys);
  // The server starts while the client encrypts, as two machines would.
  const starting = timed(async () => {
    const server = await servers.start(program, { threads, evaluator });
    return { server, session: await connected(server, keys) };
  });
  try {
    const encrypting = timed(() =>
      client.encryptAsync(images, {
        signal,
        onProgress: (done, total) => onProgress?.("encrypt", done, total),
      }),
    );
    const [[request, encrypt], [{ server, session }, serverMilliseconds]] = await Promise.all([
      encrypting,
      starting,
    ]);
    const { response, traces: layers } = await session.run(request, {
      signal,
      onProgress: ({ layer, done, total }) => onProgress?.(layer, done, total),
      twin: client.twin(images),
    });
    const [logits, decrypt] = await timed(() => client.decrypt(response));
    const evaluate = layers.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    return {
      model: model.name,
      packing,
      images: count,
      parameters: parametersSpec(parameters),
      threads: server.threads,
      evaluator: server.evaluator,
      results: labels.map((label, i) => ({
        ...compare(imageAt(logits, i), imageAt(plainLogits, i)),
        label,
        maxAbsErrorToExpected:
          expectedLogits && errorStatistics(imageAt(logits, i), imageAt(expectedLogits, i)).maxAbs,
        milliseconds: { encrypt, evaluate, decrypt },
      })),
      classNames,
      setupMilliseconds: { keys: clientMilliseconds + keysMilliseconds, server: serverMilliseconds },
      bytes: {
        input: payloadLength(request),
        output: payloadLength(response),
        evaluationKeys: payloadLength(keys),
      },
      layers,
      gaps: gapsBetween(
        {
          encrypted: logits,
          forward: outputs.at(-1)!,
          given: options.plainLogits,
          expected: expectedLogits,
        },
        program.relativeError,
      ),
      explanation,
    };
  } finally {
    await starting.then(
      ([{ server }]) => server.close(),
      () => undefined,
    );
  }
}

/** A session on a server that is closed where there can be none. */
async function connected(server: Server, keys: Uint8Array): Promise<Session> {
  try {
    return await server.connect(keys);
  } catch (error) {
    await server.close();
    throw error;
  }
}

function compare(logits: Tensor, plainLogits: Tensor) {
  const { maxAbs: maxAbsError, relativeToMax } = errorStatistics(logits, plainLogits);
  return {
    logits: [...logits.data],
    plainLogits: [...plainLogits.data],
    predicted: argmax(logits.data),
    plainPredicted: argmax(plainLogits.data),
    maxAbsError,
    relativeToMax,
  };
}

const layersOf = ({ model, layers }: Program): Layer[] => layers.map((index) => model.layers[index]);

/** What each of the program's layers gives in the clear. */
function plainOutputs(program: Program, images: Tensor): Tensor[] {
  let current = images;
  return layersOf(program).map((layer) => (current = layerForward(layer, current)));
}

/** @throws InputError unless there is such an evaluator */
function requireEvaluator(evaluator: unknown): void {
  if (evaluator === undefined || evaluatorKindSchema.safeParse(evaluator).success) return;
  const expected = evaluatorKinds.map((kind) => `"${kind}"`).join(" or ");
  throw new InputError(`infer: evaluator: expected ${expected}, got ${JSON.stringify(evaluator)}`);
}

/** @throws InputError unless there is one label and one row of logits for each image, where there are any */
function requireOneEach(
  { clientSpec }: Program,
  count: number,
  { labels, plainLogits, expectedLogits }: InferOptions,
): void {
  requireArgument("infer: labels", labels === undefined || Array.isArray(labels), "a list of labels", labels);
  if (labels && labels.length !== count) {
    throw new InputError(`infer: labels: expected ${count}, one for each image, got ${labels.length}`);
  }
  for (const [name, logits] of Object.entries({ plainLogits, expectedLogits })) {
    if (logits !== undefined) requireLogits(`infer: ${name}`, logits, count, clientSpec.outputShape);
  }
}

/** @throws InputError unless these are logits of each image */
export function requireLogits(what: string, logits: Tensor, images: number, outputShape: Shape): void {
  requireTensor(what, logits);
  const expected = formatShape([images, ...outputShape]);
  if (formatShape(logits.shape) === expected) return;
  throw new InputError(`${what}: expected ${expected}, got ${formatShape(logits.shape)}`);
}

/**
 * Values that outgrow the modulus wrap around and decrypt to garbage.
 *
 * @throws InputError naming the layer
 */
function requireRoomForValues(program: Program, images: Tensor, outputs: readonly Tensor[]): void {
  const { content, clientSpec, model, plan } = program;
  if (plan) return requireRoom(plan, images);
  const valueRanges = rangesOf({ ...model, layers: layersOf(program) }, images, outputs);
  layerStates(content, { valueRanges, start: clientSpec.input });
}
