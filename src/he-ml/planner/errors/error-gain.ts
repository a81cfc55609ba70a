import type { EvaluatorKind } from "../../crypto/evaluator-kind.js";
import { keySwitchShares } from "../../crypto/noise.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import {
  addProducts,
  rotateSlots,
  sumRotations,
  type Diagonal,
  type LinearTransform,
} from "../matvec/linear-transform.js";
import { rotationsOfSums } from "../matvec/sums.js";
import { derivative } from "../stages/activation.js";
import { applyWeights, type SlotRun, type Slots, type SlotStage } from "./slot-run.js";

/** Random errors: standard normal numbers, and whose key switches they are made of. */
export interface NoiseSource {
  gaussian(): number;
  readonly evaluator: EvaluatorKind;
}

/**
 * Where errors come from. Each has a size of its own that the scales decide on:
 *
 * - `input`: encrypting the input, or whatever was computed before
 * - `encoding`: rounding the plaintexts' coefficients
 * - `inputRotation`: key switches before products, at the input's scale
 * - `sumRotation`: key switches after products
 * - `zero`: encryptions of zero under the public key, where no weight makes a product
 * - `earlyRescaling`: rounding after a division before the activation. Only chains that are given have any, so trials alone
 *   follow it
 * - `relinearization`: key switch after the activation
 * - `rescaling`: rounding after a division by a prime
 */
export type ErrorKind =
  | "input"
  | "encoding"
  | "inputRotation"
  | "sumRotation"
  | "zero"
  | "earlyRescaling"
  | "relinearization"
  | "rescaling";

/** For each sample image its standard normal numbers, from the first on at each call. */
export type Randoms = readonly (() => NoiseSource)[];

/**
 * Mean square error at the outputs of each stage, for errors of one kind with standard deviation 1 that arise in stage
 * `from`: 0 before it. Random errors are followed through the slots of sample images: linear transforms carry them along,
 * an activation multiplies them by its derivative.
 *
 * @param runs of the sample images
 * @param evaluator whose key switches these are
 * @param transform the stage's, or the part of it in which the error arises; given for errors that arise in it
 */
export function gainOf(
  kind: ErrorKind,
  from: number,
  stages: readonly SlotStage[],
  runs: readonly SlotRun[],
  randoms: Randoms,
  transform: LinearTransform | undefined = stages[from].transform,
): number[] {
  const gain = new Array<number>(stages.length).fill(0);
  runs.forEach((run, image) => {
    let error = errorWhereItArises(kind, from, stages, run, transform, randoms[image]());
    gain[from] += meanSquare(error, stages[from].output) / runs.length;
    for (let stage = from + 1; stage < stages.length; stage++) {
      error = throughStage(error, stage, stages, run);
      gain[stage] += meanSquare(error, stages[stage].output) / runs.length;
    }
  });
  return gain;
}

/** An error of standard deviation 1, as it shows at the output of the stage in which it arises. */
function errorWhereItArises(
  kind: ErrorKind,
  stage: number,
  stages: readonly SlotStage[],
  run: SlotRun,
  transform: LinearTransform | undefined,
  random: NoiseSource,
): Slots {
  const inputs = run.inputs[stage];
  switch (kind) {
    case "input":
      return throughStage(noise(inputs, random), stage, stages, run);
    case "inputRotation":
      return throughActivation(inputRotationError(transform!, inputs, random), stage, stages, run);
    case "encoding":
      return throughActivation(encodingError(transform!, inputs, random), stage, stages, run);
    case "sumRotation":
      return throughActivation(sumRotationError(transform!, inputs, random), stage, stages, run);
    case "zero":
      return throughActivation(zeroError(transform!, inputs, random), stage, stages, run);
    case "earlyRescaling":
      return throughActivation(noise(run.outputs[stage], random), stage, stages, run);
    case "relinearization":
      return keySwitchNoise(run.outputs[stage], random);
    case "rescaling":
      return noise(run.outputs[stage], random);
  }
}

function throughStage(error: Slots, stage: number, stages: readonly SlotStage[], run: SlotRun): Slots {
  const { transform } = stages[stage];
  return throughActivation(transform ? applyWeights(transform, error) : error, stage, stages, run);
}

function throughActivation(error: Slots, stage: number, stages: readonly SlotStage[], run: SlotRun): Slots {
  const { activation } = stages[stage];
  if (!activation) return error;
  const values = run.outputs[stage];
  return error.map((slots, i) => slots.map((e, at) => derivative(activation, values[i][at]) * e));
}

/** Of the rotations of pool sums and baby steps: each baby step once, however many diagonals share it. */
export function inputRotationError(transform: LinearTransform, inputs: Slots, random: NoiseSource): Slots {
  const { poolSums, folds, diagonals, divisor, outputs, map } = transform;
  const ofPoolSums = keySwitchNoise(inputs, random, Math.sqrt(rotationsOfSums(poolSums)));
  const total =
    poolSums.length > 0 || divisor !== undefined
      ? applyWeights({ ...transform, poolSums: [] }, ofPoolSums).map((slots) => slots.slice())
      : Array.from({ length: outputs }, () => new Float64Array(inputs[0].length));
  const weightOf = (entry: number) => map.weights[entry];
  const ofBabySteps = new Map<string, Float64Array>();
  for (const diagonal of diagonals.filter(({ baby }) => baby !== 0)) {
    const name = `${diagonal.input},${diagonal.baby}`;
    const own = ofBabySteps.get(name) ?? keySwitchNoise([inputs[0]], random)[0];
    ofBabySteps.set(name, own);
    addProducts(total[diagonal.output], { ...diagonal, baby: 0 }, weightOf, own);
  }
  return total.map((slots) => sumRotations(slots, folds));
}

/** Every weight is off by an error of its own, also those that are 0, times the value that it meets. */
export function encodingError(
  { poolSums, folds, diagonals, outputs }: LinearTransform,
  inputs: Slots,
  random: NoiseSource,
): Slots {
  const pooled = inputs.map((slots) => sumRotations(slots, poolSums));
  return Array.from({ length: outputs }, (_, output) => {
    const power = new Float64Array(inputs[0].length);
    for (const diagonal of diagonals) {
      if (diagonal.output !== output) continue;
      const read = rotateSlots(pooled[diagonal.input], diagonal.baby + diagonal.giant);
      for (let at = 0; at < power.length; at++) power[at] += read[at] * read[at];
    }
    for (let at = 0; at < power.length; at++) power[at] = Math.sqrt(power[at]) * random.gaussian();
    return sumRotations(power, folds);
  });
}

/** Of the rotations of giant steps and folds; what a fold adds is folded on. */
export function sumRotationError(
  { folds, diagonals, outputs }: LinearTransform,
  inputs: Slots,
  random: NoiseSource,
): Slots {
  return Array.from({ length: outputs }, (_, output) => {
    let [total] = keySwitchNoise([inputs[0]], random, Math.sqrt(giantStepsOf(diagonals, output)));
    for (const steps of folds) {
      const [own] = keySwitchNoise([total], random, Math.sqrt(steps.length));
      total = sumRotations(total, [steps]).map((value, at) => value + own[at]);
    }
    return total;
  });
}

/** Of the ciphertexts of sums without any product. */
export function zeroError(
  { folds, diagonals, outputs }: LinearTransform,
  inputs: Slots,
  random: NoiseSource,
): Slots {
  return Array.from({ length: outputs }, (_, output) => {
    const isZero = diagonals.every((diagonal) => diagonal.output !== output);
    const [own] = noise([inputs[0]], random);
    return isZero ? sumRotations(own, folds) : new Float64Array(own.length);
  });
}

const giantStepsOf = (diagonals: readonly Diagonal[], of: number) =>
  new Set(diagonals.filter(({ output, giant }) => output === of && giant !== 0).map(({ giant }) => giant))
    .size;

/** Independent in each slot, of standard deviation 1. */
export function noise(like: Slots, random: NoiseSource): Slots {
  return like.map((slots) => {
    const error = new Float64Array(slots.length);
    for (let at = 0; at < error.length; at++) error[at] = random.gaussian();
    return error;
  });
}

/**
 * Of standard deviation 1 as the root mean square of all slots; see `keySwitchShares`. Rotations that share their division
 * by the special prime round once; here each counts as if it rounded, which is too much by a few hundredths where the
 * special prime is as large as the data primes.
 */
export function keySwitchNoise(like: Slots, { gaussian, evaluator }: NoiseSource, size = 1): Slots {
  return like.map((slots) => {
    const { slot0, others } = keySwitchShares(evaluator, slots.length);
    const error = new Float64Array(slots.length);
    for (let at = 0; at < error.length; at++) error[at] = size * gaussian() * (at === 0 ? slot0 : others);
    return error;
  });
}

/** The mean over all outputs, each of which counts once, however many copies it has. */
export function meanSquare(error: Slots, output: FullSlotLayout): number {
  const largest = output.reduce(
    (most, held) => held.reduce((more, value) => Math.max(more, value), most),
    -1,
  );
  const [squares, copies] = [new Float64Array(largest + 1), new Float64Array(largest + 1)];
  const inTurn: number[] = [];
  output.forEach((held, i) => {
    for (let at = 0; at < held.length; at++) {
      const value = held[at];
      if (value < 0) continue;
      if (copies[value]++ === 0) inTurn.push(value);
      squares[value] += error[i][at] ** 2;
    }
  });
  const sum = inTurn.reduce((total, value) => total + squares[value] / copies[value], 0);
  return sum / Math.max(1, inTurn.length);
}
