import type { EvaluatorKind } from "../../crypto/evaluator-kind.js";
import type { Step } from "../../long-work.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import type { Diagonal, LinearTransform } from "../matvec/linear-transform.js";
import { ditheredBelowBits } from "./dither-criterion.js";
import { gainOf, type ErrorKind, type Randoms } from "./error-gain.js";
import { repeatedGaussians } from "./gaussians.js";
import { runSlots, type SlotRun, type Slots, type SlotStage } from "./slot-run.js";

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
  /** Whose key switches the errors are those of. */
  readonly evaluator: EvaluatorKind;
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

/**
 * Follows errors of unit size through the slots of sample images, one source at a time. What a chain of scales costs in
 * precision is then a weighted sum: of each source's gain times the square of the size that the scales give it.
 *
 * @param samples for each image the slots of its ciphertexts
 * @param evaluator what the stages will run on
 */
export function* measureErrorBudget(
  stages: readonly SlotStage[],
  samples: readonly Slots[],
  evaluator: EvaluatorKind,
): Generator<Step, ErrorBudget> {
  const runs = samples.map((sample) => runSlots(stages, sample));
  const largest = (slotsOf: (run: SlotRun, stage: number) => Slots) =>
    stages.map((_, stage) =>
      runs.reduce((most, run) => Math.max(most, ...slotsOf(run, stage).map(largestIn)), 0),
    );
  const randoms = samples.map((_, image) => {
    const repeated = repeatedGaussians(1 + image);
    return () => ({ gaussian: repeated(), evaluator });
  });
  const sources: ErrorSource[] = [];
  for (const stage of stages.keys()) {
    yield { done: stages.length, total: stages.length };
    sources.push(...sourcesIn(stage, stages, runs, randoms));
  }
  return {
    evaluator,
    sources,
    largestSlot: largest((run, stage) => run.outputs[stage]),
    largestOutput: largest((run, stage) => valuesIn(run.outputs[stage], stages[stage].output)),
    leftovers: stages.map(({ output }, stage) =>
      leftoversIn(
        runs.map((run) => run.activated[stage]),
        output,
      ),
    ),
  };
}

function sourcesIn(
  stage: number,
  stages: readonly SlotStage[],
  runs: readonly SlotRun[],
  randoms: Randoms,
): ErrorSource[] {
  const { transform, activation } = stages[stage];
  const source = (kind: ErrorKind): ErrorSource => ({
    kind,
    stage,
    gain: gainOf(kind, stage, stages, runs, randoms),
  });
  const hasProducts = transform !== undefined && transform.diagonals.length > 0;
  const hasZeros = transform !== undefined && makesZeros(transform);
  return [
    ...(stage === 0 ? [source("input")] : []),
    ...(transform ? [source("inputRotation")] : []),
    ...(hasProducts
      ? [...encodingSources(transform, stage, stages, runs, randoms), source("sumRotation")]
      : []),
    ...(hasZeros ? [source("zero")] : []),
    ...(activation ? [source("relinearization")] : []),
    source("rescaling"),
  ];
}

/** Whether the sum in some output is one of no products at all. */
export function makesZeros({ divisor, diagonals, outputs }: LinearTransform): boolean {
  // Sums that are only declared to be divided have no products, and are no zeros.
  return divisor === undefined && new Set(diagonals.map(({ output }) => output)).size < outputs;
}

/** A source for the diagonals of each size: which of them are dithered, the scale decides, which is chosen later. */
function encodingSources(
  transform: LinearTransform,
  stage: number,
  stages: readonly SlotStage[],
  runs: readonly SlotRun[],
  randoms: Randoms,
): ErrorSource[] {
  return [...diagonalsByDither(transform)].map(([bits, diagonals]) => ({
    kind: "encoding",
    stage,
    gain: gainOf("encoding", stage, stages, runs, randoms, { ...transform, diagonals }),
    ditheredBelowBits: bits,
  }));
}

/** A transform's diagonals, by log2 of the scale below which they are dithered. */
export function diagonalsByDither(transform: LinearTransform): ReadonlyMap<number, readonly Diagonal[]> {
  let known = sortedByDither.get(transform);
  if (!known) sortedByDither.set(transform, (known = sortByDither(transform)));
  return known;
}

/** It takes as long as a trial, and each of the dozens of trials of a plan asks for it. */
const sortedByDither = new WeakMap<LinearTransform, ReadonlyMap<number, readonly Diagonal[]>>();

function sortByDither(transform: LinearTransform): Map<number, Diagonal[]> {
  const { weights } = transform.map;
  const bySize = new Map<number, Diagonal[]>();
  for (const diagonal of transform.diagonals) {
    const bits = ditheredBelowBits(
      Float64Array.from(diagonal.entries, (entry) => (entry < 0 ? 0 : weights[entry])),
    );
    bySize.set(bits, [...(bySize.get(bits) ?? []), diagonal]);
  }
  return bySize;
}

const valuesIn = (slots: Slots, layout: FullSlotLayout) =>
  slots.map((values, i) => values.filter((_, at) => layout[i][at] >= 0));

/** Largest magnitude of a value. */
export function largestValue(slots: Slots, layout: FullSlotLayout): number {
  return Math.max(...valuesIn(slots, layout).map(largestIn));
}

function leftoversIn(images: readonly Slots[], layout: FullSlotLayout): Leftovers {
  const largest = Math.max(...images.map((slots) => largestValue(slots, layout)));
  const all = images.flat();
  const [least, most] = [Math.min, Math.max].map((choose) =>
    choose(...all.map((slots) => slots.reduce((chosen, value) => choose(chosen, value)))),
  );
  return largest > 0 ? [least / largest, most / largest] : [-1, 1];
}

const largestIn = (values: Float64Array) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
