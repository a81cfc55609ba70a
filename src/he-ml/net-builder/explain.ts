import { ClearContext } from "../crypto/clear-context.js";
import type { ClearCiphertext } from "../crypto/clear-evaluator.js";
import type { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import { operationsBetween, operationsTogether, type OperationCounts } from "../crypto/operation-counts.js";
import type { Packing } from "../crypto/packing.js";
import type { CkksParameters, ParametersSpec } from "../crypto/parameters.js";
import {
  evaluationKeyBytes,
  inputCiphertextBytes,
  outputCiphertextBytes,
  type RotationStep,
} from "../crypto/rotation-keys.js";
import type { EncodedStep } from "../layers/encoded-step.js";
import type { Model } from "../model/model.js";
import { parametersSpec } from "../planner/client-spec.js";
import { millisecondsOf, typicalCosts, type PrimitiveCosts } from "../planner/costs.js";
import type { Plan } from "../planner/plan.js";
import { zeros, type Shape, type Tensor } from "../tensor/tensor.js";
import { buildFromModel } from "./build-from-model.js";
import { encodePlan } from "./encode-plan.js";
import { LayerwiseCounter } from "./layerwise-counter.js";

/** What one stage or layer will do. */
export interface StageExplanation {
  readonly name: string;
  readonly kind: string;
  readonly modelLayers: readonly number[];
  /** Output shape of one image. */
  readonly shape: Shape;
  /** Data primes left, and log2 of the scale, where it starts. */
  readonly before: { readonly level: number; readonly scaleBits: number };
  /** The same at its output. */
  readonly level: number;
  readonly scaleBits: number;
  /** Ciphertexts at the output, and how many of all their slots hold a value. */
  readonly ciphertexts: number;
  readonly slotsUsed: number;
  /** Plaintexts that inputs are multiplied by, in packing `packed`. */
  readonly diagonals: number;
  readonly ops: OperationCounts;
  readonly predictedMilliseconds: number;
  /** Standard deviation of the error at the outputs, in the values' own unit. */
  readonly predictedError: number;
}

/** A run told in advance, as plain JSON. */
export interface Explanation {
  readonly model: string;
  readonly packing: Packing;
  readonly parameters: ParametersSpec;
  readonly stages: readonly StageExplanation[];
  readonly totals: { readonly predictedMilliseconds: number; readonly ops: OperationCounts };
  readonly rotationSteps: readonly RotationStep[];
  /** What will travel, for one image (`packed`) or one batch. */
  readonly bytes: { readonly input: number; readonly output: number; readonly evaluationKeys: number };
}

/**
 * Tells what a packed run will do, with nothing encrypted: the operations are counted by running the plan on its clear
 * twin, so they are those of the real run.
 *
 * @example explainPlan(planModel(model), await machineCosts(plan.parameters)).totals.predictedMilliseconds
 */
export function explainPlan(plan: Plan, costs?: PrimitiveCosts): Explanation {
  const { parameters, model, input, rotations, stages, inputShape, continues, start } = plan;
  const context = new ClearContext(parameters);
  using encoded = encodePlan(context.evaluator, plan);
  const image = zeros([1, ...inputShape]);
  const encrypted = context.encrypt(image, { packing: "packed", slotLayout: input }, start);
  const explained = walk(encoded.stages, encrypted, parameters, costs).map((stage, i) => ({
    ...stage,
    diagonals: stages[i].slotMap?.diagonals.length ?? 0,
    predictedError: stages[i].predictedError,
  }));
  const inputBytes = continues
    ? outputCiphertextBytes(parameters, start.level)
    : inputCiphertextBytes(parameters);
  return finish(model, "packed", parameters, explained, rotations, input.length * inputBytes);
}

/**
 * Tells what a layer-by-layer run of one image or one batch will do, on one thread, with nothing encrypted.
 *
 * @param sample one image `[1, …shape]`, for the size of the error; zeros if left out
 * @throws InputError if the chain cannot carry the model
 */
export function explainLayers(
  model: Model,
  parameters: CkksParameters,
  packing: Exclude<Packing, "packed">,
  { sample = zeros([1, ...model.inputShape]), costs }: { sample?: Tensor; costs?: PrimitiveCosts } = {},
): Explanation {
  const context = new LayerwiseCounter(parameters);
  const layers = buildFromModel(context.evaluator, model);
  const encrypted = context.encrypt(sample, { packing });
  const additions = () => context.evaluator.additions;
  const explained = walk(layers, encrypted, parameters, costs, additions);
  const inputBytes = encrypted.ciphertexts.length * inputCiphertextBytes(parameters);
  return finish(model, packing, parameters, explained, [], inputBytes);
}

function walk(
  steps: readonly EncodedStep[],
  input: EncryptedTensor,
  parameters: CkksParameters,
  costs: PrimitiveCosts = typicalCosts(parameters.polyModulusDegree, parameters.levels),
  additions = () => 0,
): StageExplanation[] {
  let current = input;
  return steps.map((step, position) => {
    const before = { level: current.level, scaleBits: Math.log2(current.scale) };
    const [operationsBefore, additionsBefore] = [step.evaluator.operations, additions()];
    const output = step(current);
    const ops = operationsBetween(operationsBefore, step.evaluator.operations);
    const added = additions() - additionsBefore;
    current = output;
    // A weighted sum by buckets is additions alone.
    const timed = added > 0 ? { ...ops, multiplyPlain: 0, add: added } : ops;
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
      predictedMilliseconds: millisecondsOf(costs, before.level, timed),
      predictedError: Math.max(...output.ciphertexts.map((c) => (c as ClearCiphertext).predictedError)),
    };
  });
}

function slotsUsed({ slotLayout, ciphertexts }: EncryptedTensor): number {
  if (!slotLayout) return ciphertexts.length;
  return slotLayout.reduce((sum, held) => sum + Array.from(held).filter((value) => value >= 0).length, 0);
}

function finish(
  model: Model,
  packing: Packing,
  parameters: CkksParameters,
  stages: readonly StageExplanation[],
  rotations: Plan["rotations"],
  inputBytes: number,
): Explanation {
  const last = stages.at(-1)!;
  return {
    model: model.name,
    packing,
    parameters: parametersSpec(parameters),
    stages,
    totals: {
      predictedMilliseconds: stages.reduce((sum, stage) => sum + stage.predictedMilliseconds, 0),
      ops: stages.map(({ ops }) => ops).reduce(operationsTogether),
    },
    rotationSteps: rotations.map(({ step }) => step),
    bytes: {
      input: inputBytes,
      output: last.ciphertexts * outputCiphertextBytes(parameters, last.level),
      evaluationKeys: evaluationKeyBytes(parameters, rotations),
    },
  };
}
