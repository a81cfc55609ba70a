import * as z from "zod";
import { requireArgument, requireOptions } from "../arguments.js";
import { evaluatorChoiceSchema } from "../crypto/choose-evaluator.js";
import { evaluatorKinds, evaluatorKindSchema } from "../crypto/evaluator-kind.js";
import { packingSchema } from "../crypto/packing.js";
import { parametersSpec, writtenParametersSchema } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import { countSchema, measuredSchema, type TypeOf } from "../schema.js";
import { layerTraceSchema } from "../layers/trace.js";
import { requireBatchOf } from "../model/model.js";
import { requireInputRange } from "../model/input-range.js";
import { explain, explanationSchema, travellingSchema } from "../program/explain.js";
import type { Program } from "../program/program.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import { argmax, formatShape, imageAt, requireTensor, type Shape, type Tensor } from "../tensor/tensor.js";
import { gapsBetween, gapsSchema } from "./gaps.js";
import type { InferOptions } from "./infer-options.js";
import { requireKeyRoom, usualKeyBytes } from "./key-room.js";
import { plainOutputs, requireRoomForValues } from "./plain-outputs.js";
import { reencryptionKind } from "./reencryption-trace.js";
import { requireParts, runParts, type RanPart } from "./run-parts.js";
import { Server } from "./server.js";

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

/**
 * Plays client and server: makes keys, encrypts, evaluates, decrypts, and compares with the plain model.
 *
 * @param program one, or the parts of a model as `compileParts` gives them: between two parts the client decrypts and encrypts
 *   afresh, which the traces show as a layer of kind `reencryption`, and each round trip counts in the bytes
 * @param images `[n, …inputShape]`
 * @throws InputError before anything is encrypted if images and program do not fit together
 * @example
 * const report = await infer(await compile(await loadModel("lenet1")), images);
 * console.log(report.results[0].predicted, report.layers);
 */
export function infer(
  program: Program | readonly Program[],
  images: Tensor,
  options: InferOptions = {},
): Promise<InferenceReport> {
  return inferOn(Server, program, images, options);
}

/** As `infer`, with the class of the server to start. */
export async function inferOn(
  servers: Pick<typeof Server, "start">,
  program: Program | readonly Program[],
  images: Tensor,
  options: InferOptions,
): Promise<InferenceReport> {
  const parts = requireParts(program);
  requireOptions("infer", options);
  const [first, last] = [parts[0], parts.at(-1)!];
  const { model, packing, parameters } = first;
  const { expectedLogits, evaluator, classNames = last.clientSpec.classNames } = options;
  requireEvaluator(evaluator);
  requireTensor("infer", images);
  requireBatchOf(first.clientSpec.inputShape, images, `model "${model.name}"`);
  requireOneEach(last, images.shape[0], options);
  requireInputRange("infer", first.clientSpec.inputRange, images);
  const plain = plainValues(parts, images);
  for (const part of parts) requireKeyRoom("infer", part, usualKeyBytes);
  const outputs = plain.at(-1)!;
  const plainLogits = options.plainLogits ?? outputs;
  const [count] = images.shape;
  const labels = options.labels ?? new Array<null>(count).fill(null);
  const explanation = packing === "packed" && parts.length === 1 ? explain(first) : undefined;

  const { logits, ran } = await runParts(servers, parts, plain, options);
  const total = (what: (part: RanPart) => number) => sum(ran.map(what));
  const encrypt = total(({ milliseconds }) => milliseconds.encrypt);
  const decrypt = total(({ milliseconds }) => milliseconds.decrypt);
  const layers = ran.flatMap((part) => part.traces);
  // Between two parts the client's work is told as a layer; it is not the server's.
  const evaluate = sum(
    layers.filter(({ kind }) => kind !== reencryptionKind).map((trace) => trace.milliseconds),
  );
  return {
    model: model.name,
    packing,
    images: count,
    parameters: parametersSpec(parameters),
    threads: ran[0].threads,
    evaluator: ran[0].evaluator,
    results: labels.map((label, i) => ({
      ...compare(imageAt(logits, i), imageAt(plainLogits, i)),
      label,
      maxAbsErrorToExpected:
        expectedLogits && errorStatistics(imageAt(logits, i), imageAt(expectedLogits, i)).maxAbs,
      milliseconds: { encrypt, evaluate, decrypt },
    })),
    classNames,
    setupMilliseconds: {
      keys: total(({ milliseconds }) => milliseconds.keys),
      server: total(({ milliseconds }) => milliseconds.server),
    },
    bytes: {
      input: total(({ bytes }) => bytes.input),
      output: total(({ bytes }) => bytes.output),
      evaluationKeys: total(({ bytes }) => bytes.evaluationKeys),
    },
    layers,
    gaps: gapsBetween(
      { encrypted: logits, forward: outputs, given: options.plainLogits, expected: expectedLogits },
      last.relativeError,
    ),
    explanation,
  };
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

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/**
 * The images, and behind each part what its layers make of them in the clear.
 *
 * @throws InputError naming the layer whose values there is no room for
 */
function plainValues(parts: readonly Program[], images: Tensor): Tensor[] {
  const values = [images];
  for (const part of parts) {
    const outputs = plainOutputs(part, values.at(-1)!);
    requireRoomForValues(part, values.at(-1)!, outputs);
    values.push(outputs.at(-1)!);
  }
  return values;
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
