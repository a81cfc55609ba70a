import {
  assemble,
  copiesEvery,
  diagonalSteps,
  emptyPlacement,
  modulo,
  type EntryPlacement,
} from "./assemble.js";
import type { Radices } from "./baby-giant.js";
import {
  firstPlaces,
  repetitionOf,
  type FullSlotLayout,
  type Repetition,
} from "../layout/full-slot-layout.js";
import { powerOfTwoAtLeast } from "../layout/image-layout.js";
import { countsOfSums, mergedSums, type RotateAndSum } from "./sums.js";
import { babiesPerGiant, babyGiantCounts, rotationsTogether, type RotationCosts } from "./rotation-costs.js";
import type { AffineMap } from "../stages/affine-map.js";
import type { Candidate, FinishedCandidate } from "./candidate.js";
import { oneRow, rowOfStep, rowStride, skewedRows, stepWithin, type SkewedRows } from "./skewed-rows.js";

/**
 * Hybrid diagonals, for dense maps to few outputs: each output's sum is cut into partial sums in slots of their own, which
 * are added up by folds: rotations that each double what a slot's sum covers.
 *
 * A slot's number, its address, is read in binary. Some of its bits number the output, some the partial sum. The distance
 * from an output's slot to an input's is cut in two: its partial-sum bits say how far from the output's slot the product
 * stands; the other bits, how much further on it reads, are the step of its diagonal. So each bit that numbers
 * partial sums halves the diagonals, and costs one rotation for its fold.
 *
 * Eight slots, y = W·x with two outputs in slots 0 and 1. Bit 1 of the address numbers the output, bits 4 and 2 the partial
 * sum, so of the distances 0 to 7 between an output and an input the steps 0 and 1 are left: two diagonals.
 *
 *     slot      0        1        2        3        4        5        6        7
 *     address   000      001      010      011      100      101      110      111
 *     for       y0       y1       y0       y1       y0       y1       y0       y1
 *     step 0    W00·x0   W11·x1   W02·x2   W13·x3   W04·x4   W15·x5   W06·x6   W17·x7
 *     step 1    W01·x1   W12·x2   W03·x3   W14·x4   W05·x5   W16·x6   W07·x7   W10·x0
 *
 * The second line reads x rotated by 1. Both are added; then what lies 4 slots further on is added (fold 4), then what lies
 * 2 further on (fold 2), and each slot holds its output: 3 rotations and 2 products, where 8 diagonals would take 7 and 8.
 *
 * @see Juvekar, Vaikuntanathan, Chandrakasan, "Gazelle", USENIX Security 2018, section 4.2 (hybrid diagonals),
 *   https://arxiv.org/abs/1801.05507
 */
export interface HybridDiagonalProblem {
  readonly map: AffineMap;
  /** What the input ciphertexts hold, after `poolSums`. */
  readonly layout: FullSlotLayout;
  readonly slots: number;
  readonly poolSums: readonly RotateAndSum[];
  readonly costs: RotationCosts;
}

/** What the bits of a slot's address are for, and how its rows of partial sums stand. */
interface HybridDiagonalDesign {
  /** Slots from one output to the next, a power of two: output r comes out in slot r·stride. */
  readonly stride: number;
  /** The address bits that number the outputs, as a mask; and those that number the partial sums. */
  readonly outputBits: number;
  readonly partialSumBits: number;
  readonly rows: SkewedRows;
}

/** More outputs than this leave few address bits for partial sums, and are better shifted than folded. */
const mostOutputs = 256;
/** Shifts are for outputs that read a window; for those that read nearly everything there is nothing better. */
const mostDenseOutputs = 1024;
const dense = 1 / 2;

export function* hybridDiagonalCandidates(problem: HybridDiagonalProblem): Generator<Candidate> {
  const { map, layout, slots } = problem;
  const outputsPadded = powerOfTwoAtLeast(map.rows);
  const isDense = map.weights.length >= dense * map.rows * map.columns;
  if (map.rows > (isDense ? mostDenseOutputs : mostOutputs) || outputsPadded > slots) return;
  const repetition = repetitionOf(layout);
  const { period } = repetition;
  const counter = new StepCounter(layout.length, slots);
  for (let stride = 1; stride * outputsPadded <= slots; stride *= 2) {
    const outputBits = (outputsPadded - 1) * stride;
    const distances = distancesToInputs(map, layout, stride, period, slots);
    for (const partialSumBits of subsetsOf((period - 1) & ~outputBits)) {
      const steps = counter.distinctSteps(distances, partialSumBits);
      // Rows are as narrow as a period: outputs that take more would lie across them.
      const skewed = outputBits < period ? skewedRows(steps, repetition, slots) : [];
      for (const rows of [oneRow(slots), ...skewed]) {
        const design = { stride, outputBits, partialSumBits, rows };
        yield candidateOf(problem, design, repetition, steps.length);
      }
    }
  }
}

function candidateOf(
  problem: HybridDiagonalProblem,
  design: HybridDiagonalDesign,
  repetition: Repetition,
  steps: number,
): Candidate {
  const { poolSums, layout, costs } = problem;
  const diagonals = Math.ceil(steps / design.rows.count);
  // At best √d baby and √d giant steps reach d diagonals, more of the cheaper; and one of each is 0.
  const babies = Math.min(diagonals, Math.ceil(Math.sqrt(diagonals * babiesPerGiant(costs))));
  const counts = [
    countsOfSums(poolSums, layout.length),
    babyGiantCounts(babies - 1, Math.ceil(diagonals / babies) - 1),
    countsOfSums(foldsOf(problem, design), 1),
  ].reduce(rotationsTogether);
  return {
    kind: "folded",
    ...counts,
    products: diagonals,
    build: () => build(problem, design, repetition),
  };
}

/**
 * The distinct distances from an output's slot to the values that it reads, modulo the period; of the values in input
 * ciphertext i, i times the slots more.
 */
function distancesToInputs(
  map: AffineMap,
  layout: FullSlotLayout,
  stride: number,
  period: number,
  slots: number,
): Int32Array {
  const sources = firstPlaces(layout, map.columns);
  const seen = new Set<number>();
  for (let row = 0; row < map.rows; row++) {
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      const { ciphertext, slot } = sources[map.columnOf[i]];
      seen.add(ciphertext * slots + modulo(slot - row * stride, period));
    }
  }
  return Int32Array.from(seen);
}

/** Finds the steps that are left of distances; thousands of designs are tried, so it allocates no sets. */
class StepCounter {
  readonly #seen: Int32Array;
  #round = 0;

  constructor(
    inputs: number,
    private readonly slots: number,
  ) {
    this.#seen = new Int32Array(inputs * slots);
  }

  /** A step for each diagonal: those of different inputs count separately. */
  distinctSteps(distances: Int32Array, partialSumBits: number): number[] {
    const seen = this.#seen;
    const round = ++this.#round;
    const steps: number[] = [];
    for (let i = 0; i < distances.length; i++) {
      const step = distances[i] & ~partialSumBits;
      if (seen[step] === round) continue;
      seen[step] = round;
      // Slots are a power of two.
      steps.push(step & (this.slots - 1));
    }
    return steps;
  }
}

/** All choices of some of these bits, from all to none. */
function* subsetsOf(bits: number): Generator<number> {
  for (let subset = bits; ; subset = (subset - 1) & bits) {
    yield subset;
    if (subset === 0) return;
  }
}

/** Adds up rows, then partial sums, the furthest first. */
function foldsOf(
  { slots, costs }: HybridDiagonalProblem,
  { rows, partialSumBits }: HybridDiagonalDesign,
): readonly RotateAndSum[] {
  const folds: RotateAndSum[] = [];
  for (let row = rows.count / 2; row >= 1; row /= 2) folds.push([row * rowStride(rows)]);
  for (let bit = powerOfTwoAtLeast(partialSumBits); bit >= 1; bit /= 2) {
    if (partialSumBits & bit) folds.push([bit]);
  }
  return mergedSums(folds, slots, costs);
}

function build(
  problem: HybridDiagonalProblem,
  design: HybridDiagonalDesign,
  { period, length }: Repetition,
): FinishedCandidate | undefined {
  const { map, layout, slots, poolSums, costs } = problem;
  const { outputBits, partialSumBits, rows } = design;
  const placement = placeEntries(map, layout, design, period);
  const steps = diagonalSteps(placement, layout.length, slots).map(({ step }) => step);
  const fitsIntoPeriod = (outputBits | partialSumBits) < period;
  const transform = assemble({
    map,
    layout,
    outputs: 1,
    placement,
    period: length === slots ? period : slots,
    radices: radicesOf(steps, slots),
    costs,
    poolSums,
    folds: foldsOf(problem, design),
    copies: fitsIntoPeriod ? copiesEvery(period, rows.width) : [],
  });
  return transform && { transform };
}

function placeEntries(
  map: AffineMap,
  layout: FullSlotLayout,
  { stride, partialSumBits, rows }: HybridDiagonalDesign,
  period: number,
): EntryPlacement {
  const placement = emptyPlacement(map.weights.length);
  const sources = firstPlaces(layout, map.columns);
  for (let row = 0; row < map.rows; row++) {
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      const { ciphertext, slot } = sources[map.columnOf[i]];
      const distance = modulo(slot - row * stride, period);
      const partialSum = distance & partialSumBits;
      const step = distance & ~partialSumBits;
      placement.input[i] = ciphertext;
      placement.slot[i] = row * stride + partialSum + rowOfStep(rows, step) * rowStride(rows);
      placement.step[i] = stepWithin(rows, step);
    }
  }
  return placement;
}

/** A step as one digit; or cut at address bits that are steps themselves, as steps are sums of such bits. */
function radicesOf(steps: readonly number[], slots: number): Radices[] {
  const bits = [...new Set(steps)].filter((step) => Number.isInteger(Math.log2(step)));
  const cuts = bits.flatMap((row): Radices[] => [
    [row, slots],
    ...bits.filter((plane) => plane > row).map((plane): Radices => [row, plane]),
  ]);
  return [[slots, 2 * slots], ...cuts];
}
