import type { EvaluatorKind } from "../../crypto/evaluator-kind.js";
import type { ValueRange } from "../../model/value-range.js";
import type { Step } from "../../long-work.js";
import { maxAbs, type Tensor } from "../../tensor/tensor.js";
import { largestActivated, type Activation } from "../stages/activation.js";
import { measureErrorBudget, type ErrorBudget } from "./error-budget.js";
import { defaultLeftovers, type PlanStart } from "../plan-start.js";
import { packedSamples } from "./samples.js";
import type { LinearTransform } from "../matvec/linear-transform.js";
import type { TransformPlan } from "../search/search.js";
import type { ScaleStage } from "../scales/stage-scales.js";
import type { Stage } from "../stages/stages.js";
import type { Slots, SlotStage } from "./slot-run.js";

/** Values may grow by this factor over those seen before they meet the modulus. */
const margin = 2;

export interface Measured {
  readonly budget: ErrorBudget;
  readonly scaleStages: readonly ScaleStage[];
  /** Largest magnitude among the outputs of each stage. */
  readonly largestOutputs: readonly number[];
  /** The stages as far as slots go. */
  readonly slotStages: readonly SlotStage[];
  /** The slots of each sample, and of each of the other images. */
  readonly samples: readonly Slots[];
  readonly others: readonly Slots[];
}

export interface MeasureOptions {
  /** What the stages will run on. */
  readonly evaluator: EvaluatorKind;
  readonly valueRanges?: readonly ValueRange[];
  readonly start?: PlanStart;
}

/**
 * What errors and values come to in the slots of a plan, seen on sample images.
 *
 * @param others images that are tried beside the samples, once scales are chosen
 */
export function* measure(
  stages: readonly Stage[],
  transformPlan: TransformPlan,
  { samples, others }: { readonly samples: Tensor; readonly others: Tensor },
  { evaluator, valueRanges, start }: MeasureOptions,
): Generator<Step, Measured> {
  const slotStages = stages.map(({ activation }, i) => ({
    transform: transformPlan.transforms[i],
    output: transformPlan.outputLayouts[i],
    activation,
  }));
  const [packed, packedOthers] = [samples, others].map((images) =>
    packedSamples(images, transformPlan.inputLayout, start ? (start.leftovers ?? defaultLeftovers) : [0, 0]),
  );
  const budget = {
    ...(yield* measureErrorBudget(slotStages, packed, evaluator)),
    inputError: start?.predictedError,
  };
  const known = stages.map((stage, i) =>
    Math.max(budget.largestOutput[i], recordedLargest(stage, valueRanges), Number.MIN_VALUE),
  );
  const largestInput = start ? undefined : margin * largestOf(packed, packedOthers, valueRanges);
  const scaleStages = stages.map(({ name, activation }, i): ScaleStage => {
    const transform = transformPlan.transforms[i];
    const products = transform !== undefined && transform.diagonals.length > 0;
    const leftovers = budget.largestOutput[i] > 0 ? budget.largestSlot[i] / budget.largestOutput[i] : 1;
    return {
      name,
      products,
      divisor: transform?.divisor ?? 1,
      activation,
      largest: margin * Math.max(budget.largestSlot[i], known[i] * leftovers),
      largestInput: i === 0 ? largestInput : undefined,
      largestWeight: products ? maxAbs(transform!.map.weights) : 0,
      largestBias: largestBias(transform, activation),
    };
  });
  return {
    budget,
    scaleStages,
    // Where nothing but zeros comes out, errors are measured against 1.
    largestOutputs: known.map((largest, i) =>
      largest === Number.MIN_VALUE ? 1 : largestActivated(stages[i].activation, largest),
    ),
    slotStages,
    samples: packed,
    others: packedOthers,
  };
}

/** Largest magnitude of what is added before an activation. */
function largestBias(transform: LinearTransform | undefined, activation: Activation | undefined): number {
  const shift = activation?.kind === "square" ? activation.shift : 0;
  return Math.abs(shift) + (transform ? maxAbs(transform.map.bias) : 0);
}

/** Largest magnitude among inputs: of those seen, and of those known. */
function largestOf(
  samples: readonly Slots[],
  others: readonly Slots[],
  valueRanges: readonly ValueRange[] = [],
): number {
  const { min, max } = valueRanges.find(({ name }) => name === "input") ?? { min: 0, max: 0 };
  const seen = [...samples, ...others].flat().map(maxAbs);
  return Math.max(Math.abs(min), Math.abs(max), ...seen);
}

/** Largest recorded magnitude just before a stage's activation, 0 where nothing is known. */
function recordedLargest({ layers, activation }: Stage, valueRanges: readonly ValueRange[] = []): number {
  // What a polynomial gave does not tell what it was given; then the layer before must.
  const isSquare = layers.at(-1)!.kind === "square";
  const { name } = activation && !isSquare ? (layers.at(-2) ?? layers[0]) : layers.at(-1)!;
  const range = valueRanges.find((candidate) => candidate.name === name);
  if (!range) return 0;
  const largest = Math.max(Math.abs(range.min), Math.abs(range.max));
  return isSquare ? Math.sqrt(largest) : largest;
}
