import * as z from "zod";
import { requireOptions } from "../arguments.js";
import { ClearContext } from "../crypto/clear-context.js";
import { ClearEvaluator, type ClearCiphertext } from "../crypto/clear-evaluator.js";
import type { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import { evaluatorKindSchema } from "../crypto/evaluator-kind.js";
import { operationCountsSchema, operationsBetween, operationsTogether } from "../crypto/operation-counts.js";
import { ciphertextCount, packingSchema } from "../crypto/packing.js";
import { parametersSpec, writtenParametersSchema } from "../crypto/parameters.js";
import {
  evaluationKeyBytes,
  inputCiphertextBytes,
  outputCiphertextBytes,
  rotationStepSchema,
} from "../crypto/rotation-keys.js";
import { countSchema, measuredSchema, shapeSchema, type TypeOf } from "../schema.js";
import type { EncodedStep } from "../layers/encoded-step.js";
import { requireBatchOf } from "../model/model.js";
import { millisecondsOf, typicalCostsUnder, type PrimitiveCosts } from "../planner/search/costs.js";
import { transformCosts, type TransformCounts } from "../planner/matvec/linear-transform.js";
import { requireTensor, zeros, type Tensor } from "../tensor/tensor.js";
import { blindingBits, isBlinded } from "./blinding-bits.js";
import { inputTensors, type InputSpec, type TensorSpec } from "./client-spec.js";
import { encodePlan } from "./encode-plan.js";
import { layeredSteps } from "./layered-steps.js";
import { layeredErrors, packedErrors, usualInputs, type PredictedErrors } from "./predicted-errors.js";
import { Program } from "./program.js";
import type { LayeredProgram, PackedProgram } from "./program-content.js";

const stageExplanationSchema = z.object({
  name: z.string(),
  kind: z.string(),
  modelLayers: z.array(countSchema),
  /** Output shape of one image. */
  shape: shapeSchema,
  /** Data primes left, and log2 of the scale, where it starts. */
  before: z.object({ level: countSchema, scaleBits: z.number() }),
  /** The same at its output. */
  level: countSchema,
  scaleBits: z.number(),
  /** Ciphertexts at the output, and how many of all their slots hold a value. */
  ciphertexts: countSchema,
  slotsUsed: countSchema,
  /** Plaintexts that inputs are multiplied by, in packing `packed`. */
  diagonals: countSchema,
  ops: operationCountsSchema,
  predictedMilliseconds: z.number(),
  /**
   * What plan and chain were chosen by, in the values' own unit. In packing `packed` the standard deviation of the error at
   * the outputs on the images that the plan was made with; where these were made up, that of images with large values.
   * Layer by layer that of the worst output, on the sample.
   */
  predictedError: measuredSchema,
  /** Root mean square of the errors at all outputs that is expected of a run, to be held against a trace's `error.rms`. */
  predictedRmsError: measuredSchema,
  /** The largest of them that is expected, on average over runs, to be held against a trace's `error.maxAbs`. */
  predictedMaxError: measuredSchema,
});

/** What one stage or layer will do. */
export interface StageExplanation extends TypeOf<typeof stageExplanationSchema> {}

/** What travels for one image, or one batch, in bytes, seeded and uncompressed, beside headers of some hundred bytes. */
export const travellingSchema = z.object({
  input: countSchema,
  output: countSchema,
  evaluationKeys: countSchema,
});

export const explanationSchema = z.object({
  model: z.string(),
  packing: packingSchema,
  /** What it is planned for, and its time and error predicted. */
  evaluator: evaluatorKindSchema,
  parameters: writtenParametersSchema,
  stages: z.array(stageExplanationSchema).min(1),
  totals: z.object({ predictedMilliseconds: z.number(), ops: operationCountsSchema }),
  /** The largest error at the output, relative to the largest output, that results are held against. */
  relativeError: z.number().positive(),
  rotationSteps: z.array(rotationStepSchema),
  bytes: travellingSchema,
  /**
   * In packing `packed`: a server adds noise to what an answer carries beside its values, so many times larger than the
   * largest of it, as log2. Left out where it adds none.
   */
  blindingBits: countSchema.optional(),
});

/** A run told in advance, as plain JSON. */
export interface Explanation extends TypeOf<typeof explanationSchema> {}

export interface ExplainOptions {
  /** What operations cost, at each level of the program's parameters; those that it was compiled with if left out. */
  readonly costs?: PrimitiveCosts;
  /**
   * One image, or one batch of images, for the size of errors; if left out, an image of usual values is made up of the ranges
   * that the model knows. In packing `packed` the errors are those of one image among them.
   */
  readonly sample?: Tensor;
}

/**
 * Tells what a run of one image (or of one batch) will do on one thread, with nothing encrypted: the operations are counted
 * by running the program on its clear twin, so they are those of the real run.
 *
 * @throws InputError if there is a sample of another shape
 * @example explain(await compile(model)).totals.predictedMilliseconds
 */
export function explain(program: Program, options: ExplainOptions = {}): Explanation {
  Program.require("explain", program);
  requireOptions("explain", options);
  const { content, clientSpec, parameters } = program;
  const costs = options.costs ?? program.costs ?? typicalCostsUnder(parameters, program.evaluator);
  requireSample(program, options.sample);
  const sample = options.sample ?? zeros([1, ...clientSpec.inputShape]);
  const stages =
    content.packing === "packed"
      ? packedStages(content, costs, options.sample)
      : layeredStages(content, clientSpec.input, options.sample, sample, costs);
  return {
    model: program.model.name,
    packing: program.packing,
    evaluator: program.evaluator,
    parameters: parametersSpec(parameters),
    stages,
    totals: {
      predictedMilliseconds: stages.reduce((sum, stage) => sum + stage.predictedMilliseconds, 0),
      ops: stages.map(({ ops }) => ops).reduce(operationsTogether),
    },
    relativeError: program.relativeError,
    rotationSteps: clientSpec.rotations.map(({ step }) => step),
    bytes: bytesOf(program, content.packing === "packed" ? 1 : sample.shape[0]),
    ...(isBlinded(program) ? { blindingBits: blindingBits(program.plan!) } : {}),
  };
}

function requireSample({ clientSpec }: Program, sample: Tensor | undefined): void {
  if (sample === undefined) return;
  requireTensor("explain: sample", sample);
  requireBatchOf(clientSpec.inputShape, sample, "explain: sample");
}

function packedStages(program: PackedProgram, costs: PrimitiveCosts, sample?: Tensor): StageExplanation[] {
  const { plan, parameters } = program;
  const { input, stages, inputShape, start } = plan;
  const context = new ClearContext(parameters, new ClearEvaluator(parameters, plan.evaluator));
  using encoded = encodePlan(context.evaluator, plan);
  const image = zeros([1, ...inputShape]);
  const encrypted = context.encrypt(image, { packing: "packed", slotLayout: input }, start);
  const counts = stages.map(({ transform }) => transform && transformCosts(transform));
  const errors = packedErrors(program, sample);
  return walk(encoded.stages, encrypted, costs, counts).map((stage, i) => ({
    ...stage,
    ...predicted(errors[i]),
    diagonals: stages[i].transform?.diagonals.length ?? 0,
    predictedError: stages[i].predictedError,
  }));
}

function layeredStages(
  program: LayeredProgram,
  start: InputSpec,
  given: Tensor | undefined,
  sample: Tensor,
  costs: PrimitiveCosts,
): StageExplanation[] {
  // Layer by layer all slots meet the same operations, so that one is enough to count them.
  const parameters = { ...program.parameters, slots: sample.shape[0] };
  const context = new ClearContext(parameters, new ClearEvaluator(parameters, program.evaluator));
  const encrypted = context.encrypt(sample, { packing: program.packing }, start);
  const errors = layeredErrors(program, start, given ?? usualInputs(program, 1));
  return walk(layeredSteps(context.evaluator, program), encrypted, costs).map((stage, i) => ({
    ...stage,
    ...predicted(errors[i]),
  }));
}

const predicted = ({ rms, maxAbs }: PredictedErrors) => ({
  predictedRmsError: rms,
  predictedMaxError: maxAbs,
});

type CountedStage = Omit<StageExplanation, "predictedRmsError" | "predictedMaxError">;

/** @param counts by step: what its rotations share, where they share anything */
function walk(
  steps: readonly EncodedStep[],
  input: EncryptedTensor,
  costs: PrimitiveCosts,
  counts: readonly (TransformCounts | undefined)[] = [],
): CountedStage[] {
  let current = input;
  return steps.map((step, position) => {
    const before = { level: current.level, scaleBits: Math.log2(current.scale) };
    const operationsBefore = step.evaluator.operations;
    const output = step(current);
    const ops = operationsBetween(operationsBefore, step.evaluator.operations);
    current = output;
    return {
      name: step.name,
      kind: step.kind,
      modelLayers: step.modelLayers ?? [position],
      shape: output.shape,
      before,
      level: output.level,
      scaleBits: Math.log2(output.scale),
      ciphertexts: output.ciphertexts.length,
      slotsUsed: slotsUsed(output),
      diagonals: 0,
      ops,
      predictedMilliseconds: millisecondsOf(costs, before.level, ops, counts[position]),
      predictedError: Math.max(...output.ciphertexts.map((c) => (c as ClearCiphertext).predictedError)),
    };
  });
}

function bytesOf({ clientSpec, parameters }: Program, images: number): Explanation["bytes"] {
  const tensorBytes = (tensors: TensorSpec) =>
    ciphertextCount({ ...tensors, images }) *
    (tensors.end === "input"
      ? inputCiphertextBytes(parameters)
      : outputCiphertextBytes(parameters, tensors.level));
  return {
    input: tensorBytes(inputTensors(clientSpec)),
    output: tensorBytes(clientSpec.output),
    evaluationKeys: evaluationKeyBytes(parameters, clientSpec),
  };
}

function slotsUsed({ slotLayout, ciphertexts }: EncryptedTensor): number {
  if (!slotLayout) return ciphertexts.length;
  return slotLayout.reduce((sum, held) => sum + Array.from(held).filter((value) => value >= 0).length, 0);
}
