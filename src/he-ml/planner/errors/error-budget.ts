import { activate, derivative, type Activation } from "../stages/activation.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import { ditheredBelowBits } from "./dither-criterion.js";
import { gaussians } from "./gaussians.js";
import {
  applyTransform,
  rotateSlots,
  sumRotations,
  type Diagonal,
  type LinearTransform,
} from "../matvec/linear-transform.js";

/** A stage as far as slots go. */
export interface SlotStage {
  readonly transform?: LinearTransform;
  readonly output: FullSlotLayout;
  readonly activation?: Activation;
}

/**
 * Where errors come from. Each has a size of its own that the scales decide on:
 *
 * - `input`: encrypting the input, or whatever was computed before
 * - `encoding`: rounding the plaintexts' coefficients
 * - `inputRotation`: key switches before products, at the input's scale
 * - `sumRotation`: key switches after products
 * - `relinearization`: key switch after the activation
 * - `rescaling`: rounding after a division by a prime
 */
export type ErrorKind =
  "input" | "encoding" | "inputRotation" | "sumRotation" | "relinearization" | "rescaling";

/** How a unit of one error shows in the outputs of every stage, as a mean square. */
export interface ErrorSource {
  readonly kind: ErrorKind;
  /** The stage in which it arises. */
  readonly stage: number;
  /** Mean square error at the outputs of each stage, for an error of standard deviation 1. */
  readonly gain: readonly number[];
  /** For `encoding`: log2 of the weights' scale below which these plaintexts are dithered, at a larger error each. */
  readonly ditheredBelowBits?: number;
}

export interface ErrorBudget {
  readonly sources: readonly ErrorSource[];
  /** Standard deviation of the error in the input, in the values' own unit; a fresh encryption's if left out. */
  readonly inputError?: number;
  /** Largest magnitude in any slot before each stage's activation, partial sums and leftovers included. */
  readonly largestSlot: readonly number[];
  /** Largest magnitude among each stage's outputs before its activation. */
  readonly largestOutput: readonly number[];
  /** What lies in the slots of each stage's output. */
  readonly leftovers: readonly Leftovers[];
}

/** Least and largest number in any slot, values and what is left over, relative to the largest magnitude of a value. */
export type Leftovers = readonly [least: number, largest: number];

type Slots = Float64Array[];

interface Recorded {
  /** What each stage reads, and what it makes before its activation. */
  readonly inputs: Slots[];
  readonly outputs: Slots[];
  /** The same behind its activation. */
  readonly activated: Slots[];
}

/**
 * Follows errors of unit size through the slots of sample images, one source at a time: linear maps carry them along,
 * an activation multiplies them by its derivative. What a chain of scales costs in precision is then a weighted sum.
 *
 * @param samples for each image the slots of its ciphertexts
 */
export function measureErrorBudget(stages: readonly SlotStage[], samples: readonly Slots[]): ErrorBudget {
  const recorded = samples.map((sample) => record(stages, sample));
  const largest = (slotsOf: (run: Recorded, stage: number) => Float64Array[]) =>
    stages.map((_, stage) =>
      recorded.reduce((most, run) => Math.max(most, ...slotsOf(run, stage).map(largestIn)), 0),
    );
  const sources = stages.flatMap(({ transform, activation }, stage) => {
    const kinds: ErrorKind[] = stage === 0 ? ["input"] : [];
    if (transform) {
      kinds.push("inputRotation");
      if (transform.diagonals.length > 0) kinds.push("encoding", "sumRotation");
    }
    if (activation) kinds.push("relinearization");
    kinds.push("rescaling");
    return kinds.flatMap((kind): ErrorSource[] => {
      if (kind === "encoding") return encodingSources(transform!, stage, stages, recorded);
      return [{ kind, stage, gain: gainOf(kind, stage, stages, recorded) }];
    });
  });
  return {
    sources,
    largestSlot: largest((run, stage) => run.outputs[stage]),
    largestOutput: largest((run, stage) => valuesIn(run.outputs[stage], stages[stage].output)),
    leftovers: stages.map(({ output }, stage) =>
      leftoversIn(
        recorded.map((run) => run.activated[stage]),
        output,
      ),
    ),
  };
}

const valuesIn = (slots: Slots, layout: FullSlotLayout) =>
  slots.map((values, i) => values.filter((_, at) => layout[i][at] >= 0));

function leftoversIn(images: readonly Slots[], layout: FullSlotLayout): Leftovers {
  const largest = Math.max(...images.flatMap((slots) => valuesIn(slots, layout).map(largestIn)));
  const all = images.flat();
  const [least, most] = [Math.min, Math.max].map((choose) =>
    choose(...all.map((slots) => slots.reduce((chosen, value) => choose(chosen, value)))),
  );
  return largest > 0 ? [least / largest, most / largest] : [-1, 1];
}

const largestIn = (values: Float64Array) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function record(stages: readonly SlotStage[], sample: Slots): Recorded {
  const run: Recorded = { inputs: [], outputs: [], activated: [] };
  let current = sample;
  for (const { transform, output, activation } of stages) {
    run.inputs.push(current);
    const computed = transform ? withBias(transform, output, applyWeights(transform, current)) : current;
    run.outputs.push(computed);
    current = activation
      ? computed.map((slots) => slots.map((value) => activate(activation, value)))
      : computed;
    run.activated.push(current);
  }
  return run;
}

function applyWeights(transform: LinearTransform, inputs: Slots): Slots {
  return applyTransform(transform, (entry) => transform.map.weights[entry], inputs);
}

function withBias({ map }: LinearTransform, output: FullSlotLayout, computed: Slots): Slots {
  return computed.map((slots, i) =>
    slots.map((value, at) => (output[i][at] < 0 ? value : value + map.bias[output[i][at]])),
  );
}

/** A source for the diagonals of each size: which of them are dithered, the scale decides, which is chosen later. */
function encodingSources(
  transform: LinearTransform,
  stage: number,
  stages: readonly SlotStage[],
  recorded: readonly Recorded[],
): ErrorSource[] {
  const { weights } = transform.map;
  const bySize = new Map<number, Diagonal[]>();
  for (const diagonal of transform.diagonals) {
    const { entries } = diagonal;
    const power = entries.reduce(
      (sum, entry) => (entry < 0 ? sum : sum + weights[entry] * weights[entry]),
      0,
    );
    const bits = ditheredBelowBits(power, 2 * entries.length);
    bySize.set(bits, [...(bySize.get(bits) ?? []), diagonal]);
  }
  return [...bySize].map(([bits, diagonals]) => ({
    kind: "encoding",
    stage,
    gain: gainOf("encoding", stage, stages, recorded, { ...transform, diagonals }),
    ditheredBelowBits: bits,
  }));
}

/** @param maker the part of the stage's map in which the error arises */
function gainOf(
  kind: ErrorKind,
  from: number,
  stages: readonly SlotStage[],
  recorded: readonly Recorded[],
  maker = stages[from].transform,
): number[] {
  const gain = new Array<number>(stages.length).fill(0);
  recorded.forEach((run, image) => {
    const random = gaussians(1 + image);
    let error: Slots | undefined;
    for (let stage = from; stage < stages.length; stage++) {
      const { transform, output, activation } = stages[stage];
      const atInput = stage === from && kind === "input" ? noise(run.inputs[stage], random) : error;
      let atOutput = atInput && (transform ? applyWeights(transform, atInput) : atInput);
      if (stage === from) atOutput = arising(kind, maker, run.inputs[stage], random) ?? atOutput;
      if (activation && atOutput) {
        atOutput = atOutput.map((slots, i) =>
          slots.map((e, at) => derivative(activation, run.outputs[stage][i][at]) * e),
        );
      }
      if (stage === from && kind === "relinearization") atOutput = keySwitchNoise(run.outputs[stage], random);
      if (stage === from && kind === "rescaling") atOutput = noise(run.outputs[stage], random);
      error = atOutput;
      if (error) gain[stage] += meanSquare(error, output) / recorded.length;
    }
  });
  return gain;
}

/** An error that a stage's map itself makes, as it shows before the activation. */
function arising(
  kind: ErrorKind,
  transform: LinearTransform | undefined,
  inputs: Slots,
  random: () => number,
): Slots | undefined {
  if (!transform) return undefined;
  const { poolSums, folds, diagonals, outputs } = transform;
  switch (kind) {
    case "inputRotation": {
      const pools = poolSums.reduce((sum, steps) => sum + steps.length, 0);
      const pooled = applyWeights(
        { ...transform, poolSums: [] },
        keySwitchNoise(inputs, random, Math.sqrt(pools)),
      );
      const rotated = new Map<string, Float64Array>();
      const total = pooled.map((slots) => Float64Array.from(slots));
      for (const diagonal of diagonals.filter(({ baby }) => baby !== 0)) {
        const name = `${diagonal.input},${diagonal.baby}`;
        const own = rotated.get(name) ?? keySwitchNoise([inputs[0]], random)[0];
        rotated.set(name, own);
        const alone = { ...transform, poolSums: [], folds: [], diagonals: [{ ...diagonal, baby: 0 }] };
        const shown = applyWeights(
          alone,
          inputs.map(() => own),
        )[diagonal.output];
        shown.forEach((value, at) => (total[diagonal.output][at] += value));
      }
      return total.map((slots) => sumRotations(slots, folds));
    }
    case "encoding":
      return Array.from({ length: outputs }, (_, output) => {
        const power = new Float64Array(inputs[0].length);
        const pooled = inputs.map((slots) => sumRotations(slots, poolSums));
        for (const diagonal of diagonals) {
          if (diagonal.output !== output) continue;
          const read = rotateSlots(pooled[diagonal.input], diagonal.baby + diagonal.giant);
          read.forEach((value, at) => (power[at] += value * value));
        }
        return sumRotations(
          power.map((square) => Math.sqrt(square) * random()),
          folds,
        );
      });
    case "sumRotation":
      return Array.from({ length: outputs }, (_, output) => {
        const giants = new Set(
          diagonals.filter((d) => d.output === output && d.giant !== 0).map((d) => d.giant),
        );
        let [total] = keySwitchNoise([inputs[0]], random, Math.sqrt(giants.size));
        for (const steps of folds) {
          const [own] = keySwitchNoise([total], random, Math.sqrt(steps.length));
          total = sumRotations(total, [steps]).map((value, at) => value + own[at]);
        }
        return total;
      });
    default:
      return undefined;
  }
}

function noise(like: Slots, random: () => number): Slots {
  return like.map((slots) => Float64Array.from(slots, () => random()));
}

/** Half of a key switch's power sits in slot 0; see `NoiseModel.keySwitch`. */
function keySwitchNoise(like: Slots, random: () => number, size = 1): Slots {
  return like.map((slots) =>
    Float64Array.from(slots, (_, at) => size * random() * Math.sqrt(at === 0 ? slots.length / 2 : 0.5)),
  );
}

/** The mean over all outputs, each of which counts once, however many copies it has. */
function meanSquare(error: Slots, output: FullSlotLayout): number {
  const sums = new Map<number, { square: number; copies: number }>();
  output.forEach((held, i) =>
    held.forEach((value, at) => {
      if (value < 0) return;
      const sum = sums.get(value) ?? { square: 0, copies: 0 };
      sum.square += error[i][at] ** 2;
      sum.copies++;
      sums.set(value, sum);
    }),
  );
  const squares = [...sums.values()].map(({ square, copies }) => square / copies);
  return squares.reduce((sum, square) => sum + square, 0) / Math.max(1, squares.length);
}
