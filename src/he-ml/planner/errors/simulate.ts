import type { EvaluatorKind } from "../../crypto/evaluator-kind.js";
import { errorSizes, sourceSize, unitNoise, type ScalePlan } from "../scales/stage-scales.js";
import { maxAbs } from "../../tensor/tensor.js";
import { diagonalsByDither, largestValue, makesZeros } from "./error-budget.js";
import {
  encodingError,
  inputRotationError,
  keySwitchNoise,
  meanSquare,
  noise,
  sumRotationError,
  zeroError,
  type ErrorKind,
  type NoiseSource,
} from "./error-gain.js";
import { recurringGaussians } from "./gaussians.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import type { Diagonal } from "../matvec/linear-transform.js";
import type { Measured } from "./measure.js";
import { activated, beforeActivation, runSlots, type Slots, type SlotStage } from "./slot-run.js";

/**
 * Errors to take a mean of: that of so many normal ones is off by a half once in fifty times (the root of
 * a chi-squared variable over its degrees of freedom).
 */
const usualErrors = 12;

/** How large an error that arises in a stage is, as a standard deviation in the values' own unit. */
type SizeOf = (kind: ErrorKind, ditheredBelowBits?: number) => number;

/** What images show under some scales. */
export interface Trial {
  /** The error at the output of each stage, as a root mean square. */
  readonly errors: readonly number[];
  /** The largest error of an image's outputs of each stage, on average. */
  readonly largestErrors: readonly number[];
  /** Largest magnitude among the outputs of the last stage, without errors. */
  readonly largestOutput: number;
  /** Largest magnitude in any slot before each stage's activation, errors included. */
  readonly largestComputed: readonly number[];
}

/**
 * @param images the slots of the ciphertexts of each
 * @param leastErrors so many errors of outputs are seen at least: images are tried again and again
 */
export function tryScales(
  { slotStages, budget }: Pick<Measured, "slotStages" | "budget">,
  { parameters, bits }: Pick<ScalePlan, "parameters" | "bits">,
  images: readonly Slots[],
  leastErrors = usualErrors,
): Trial {
  const { polyModulusDegree, coeffModulusBits } = parameters;
  const unit = unitNoise(polyModulusDegree, coeffModulusBits, budget.evaluator);
  const sizes = bits.map((stage): SizeOf => {
    const ofStage = errorSizes(unit, stage, budget.inputError);
    return (kind, ditheredBelowBits) => sourceSize({ kind, ditheredBelowBits }, ofStage, stage);
  });
  return simulateErrors(slotStages, budget.evaluator, images, sizes, leastErrors);
}

/** A trial on a few images shows other errors than are predicted, by chance: by less than this. */
export const chance = 1.5;

/** Scales with the errors that a trial on the samples shows, where these are larger than predicted. */
export function withTrial(measured: Measured, scales: ScalePlan): ScalePlan {
  return withLarger(scales, tryScales(measured, scales, measured.samples));
}

export function withLarger(scales: ScalePlan, trial: Trial): ScalePlan {
  const errors = scales.errors.map((error, stage) =>
    trial.errors[stage] > chance * error ? trial.errors[stage] : error,
  );
  return { ...scales, errors };
}

/**
 * Runs sample images through the slots with random errors of the given sizes, and measures what becomes of them at the
 * outputs of each stage, as a root mean square. Nothing is left out of the arithmetic: where an error is no longer small
 * beside the values, a square squares it too, which `predictErrors`, who follows each error by itself and in first order
 * only, does not see.
 *
 * @param evaluator whose key switches these are
 * @param samples for each image the slots of its ciphertexts
 * @param sizes by stage
 */
function simulateErrors(
  stages: readonly SlotStage[],
  evaluator: EvaluatorKind,
  samples: readonly Slots[],
  sizes: readonly SizeOf[],
  leastErrors: number,
): Trial {
  const meanSquares = stages.map(() => 0);
  const largestErrors = stages.map(() => 0);
  const largestComputed = stages.map(() => 0);
  const { output } = stages.at(-1)!;
  const runs = samples.map((sample) => runSlots(stages, sample));
  const times = Math.ceil(leastErrors / (samples.length * countValues(output)));
  const random: NoiseSource = { gaussian: recurringGaussians(1001), evaluator };
  const byDither = stages.map(({ transform }) => (transform ? [...diagonalsByDither(transform)] : []));
  for (let time = 0; time < times; time++) {
    for (const [image, { activated: exact }] of runs.entries()) {
      let current = plus(samples[image], sizes[0]("input"), noise(samples[image], random));
      stages.forEach((stage, i) => {
        const computed = noisySums(stage, byDither[i], current, sizes[i], random);
        largestComputed[i] = Math.max(largestComputed[i], ...computed.map(maxAbs));
        current = noisyActivation(stage, computed, sizes[i], random);
        const error = plus(current, -1, exact[i]);
        meanSquares[i] += meanSquare(error, stage.output) / (times * samples.length);
        largestErrors[i] += largestValue(error, stage.output) / (times * samples.length);
      });
    }
  }
  return {
    errors: meanSquares.map(Math.sqrt),
    largestErrors,
    largestComputed,
    largestOutput: Math.max(...runs.map((run) => largestValue(run.activated.at(-1)!, output))),
  };
}

const countValues = (layout: FullSlotLayout) =>
  new Set(layout.flatMap((held) => Array.from(held).filter((value) => value >= 0))).size;

/** @param byDither the stage's diagonals, as `diagonalsByDither` sorts them */
function noisySums(
  stage: SlotStage,
  byDither: readonly (readonly [bits: number, diagonals: readonly Diagonal[]])[],
  inputs: Slots,
  sizeOf: SizeOf,
  random: NoiseSource,
): Slots {
  const { transform } = stage;
  let computed = beforeActivation(stage, inputs);
  if (transform) {
    computed = plus(computed, sizeOf("inputRotation"), inputRotationError(transform, inputs, random));
    for (const [bits, diagonals] of byDither) {
      const part = encodingError({ ...transform, diagonals }, inputs, random);
      computed = plus(computed, sizeOf("encoding", bits), part);
    }
    if (transform.diagonals.length > 0) {
      computed = plus(computed, sizeOf("sumRotation"), sumRotationError(transform, inputs, random));
    }
    if (makesZeros(transform))
      computed = plus(computed, sizeOf("zero"), zeroError(transform, inputs, random));
  }
  return computed;
}

function noisyActivation(stage: SlotStage, computed: Slots, sizeOf: SizeOf, random: NoiseSource): Slots {
  const early = sizeOf("earlyRescaling");
  const outputs = activated(stage, early === 0 ? computed : plus(computed, early, noise(computed, random)));
  const rounded = plus(outputs, sizeOf("rescaling"), noise(outputs, random));
  return stage.activation
    ? plus(rounded, sizeOf("relinearization"), keySwitchNoise(outputs, random))
    : rounded;
}

function plus(values: Slots, size: number, error: Slots): Slots {
  if (size === 0) return values;
  return values.map((slots, i) => {
    const [own, total] = [error[i], new Float64Array(slots.length)];
    for (let slot = 0; slot < total.length; slot++) total[slot] = slots[slot] + size * own[slot];
    return total;
  });
}
