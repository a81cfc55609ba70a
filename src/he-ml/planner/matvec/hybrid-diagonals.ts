import { assemble, diagonalSteps, emptyPlacement, modulo, type EntryPlacement } from "./assemble.js";
import {
  firstPlaces,
  repetitionOf,
  type FullSlotLayout,
  type Repetition,
} from "../layout/full-slot-layout.js";
import { powerOfTwoAtLeast } from "../layout/image-layout.js";
import { withOutputLayout, type RotateAndSum } from "./linear-transform.js";
import type { AffineMap } from "../stages/affine-map.js";
import type { Candidate } from "./candidate.js";
import { multiplesOf } from "./shift.js";

/**
 * Folding, for dense maps to few outputs: each output's sum is cut into partial sums in slots of their own, which
 * are added up by rotations that double what they cover (hybrid diagonals).
 *
 * A slot's address is read in binary. Some bits number the output, some the partial sum; what is left of the distance
 * to an input is the diagonal. Where the input repeats, rows of partial sums may also be skewed: each row stands one
 * step further than the last, so that a diagonal of one row is the next diagonal of the row below.
 *
 * @see Juvekar, Vaikuntanathan, Chandrakasan, "Gazelle", USENIX Security 2018, section 4.2 (hybrid diagonals),
 *   https://arxiv.org/abs/1801.05507
 */
export interface HybridDiagonalProblem {
  readonly map: AffineMap;
  readonly layout: FullSlotLayout;
  readonly slots: number;
  readonly poolSums: readonly RotateAndSum[];
}

interface HybridDiagonalDesign {
  /** Slots between outputs, a power of two. */
  readonly stride: number;
  /** Address bits that number the partial sums. */
  readonly mask: number;
  readonly rows: number;
  /** Slots from one skewed row to the next, and how many diagonals it skips. */
  readonly rowStride: number;
  readonly skew: number;
}

/** More outputs than this are better shifted than folded. */
const mostOutputs = 256;

export function* hybridDiagonalCandidates(problem: HybridDiagonalProblem): Generator<Candidate> {
  const { map, layout, slots, poolSums } = problem;
  const repetition = repetitionOf(layout);
  const outputsPadded = powerOfTwoAtLeast(map.rows);
  if (map.rows > mostOutputs || outputsPadded > slots) return;
  const sources = firstPlaces(layout, map.columns);
  const pools = poolSums.reduce((sum, { length }) => sum + length, 0) * layout.length;
  const addressBits = Math.log2(slots);
  const outputBits = Math.log2(outputsPadded);
  const counter = new StepCounter(layout.length, slots);
  for (let low = 0; low + outputBits <= addressBits; low++) {
    const stride = 2 ** low;
    const outputMask = (outputsPadded - 1) * stride;
    const distances = distancesOf(map, sources, stride, repetition.period);
    for (const mask of subsetsOf((repetition.period - 1) & ~outputMask)) {
      const steps = counter.distinct(distances, mask);
      const plain: HybridDiagonalDesign = { stride, mask, rows: 1, rowStride: 0, skew: 0 };
      for (const design of [plain, ...skewed(plain, steps, outputMask, repetition, slots)]) {
        const diagonals = Math.ceil(steps.length / design.rows);
        yield {
          kind: "folded",
          rotations:
            pools +
            Math.max(0, Math.ceil(2 * Math.sqrt(diagonals)) - 2) +
            countBits(mask) +
            Math.log2(design.rows),
          products: diagonals,
          build: () => build(problem, design, repetition, outputMask),
        };
      }
    }
  }
}

interface Distance {
  readonly input: number;
  readonly distance: number;
}

/** The distinct distances from an output to an input, over one period. */
function distancesOf(
  map: AffineMap,
  sources: ReturnType<typeof firstPlaces>,
  stride: number,
  period: number,
): Distance[] {
  const seen = new Set<number>();
  for (let row = 0; row < map.rows; row++) {
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      const { ciphertext, slot } = sources[map.columnOf[i]];
      seen.add(ciphertext * period + modulo(slot - row * stride, period));
    }
  }
  return [...seen].map((key) => ({ input: Math.floor(key / period), distance: key % period }));
}

/** Finds the distinct steps that distances leave under a mask, without allocating sets. */
class StepCounter {
  readonly #seen: Int32Array;
  #round = 0;

  constructor(
    inputs: number,
    private readonly slots: number,
  ) {
    this.#seen = new Int32Array(inputs * slots);
  }

  distinct(distances: readonly Distance[], mask: number): number[] {
    this.#round++;
    const steps: number[] = [];
    for (const { input, distance } of distances) {
      const step = input * this.slots + (distance & ~mask);
      if (this.#seen[step] === this.#round) continue;
      this.#seen[step] = this.#round;
      steps.push(step);
    }
    return steps;
  }
}

function* subsetsOf(mask: number): Generator<number> {
  for (let subset = mask; ; subset = (subset - 1) & mask) {
    yield subset;
    if (subset === 0) return;
  }
}

const countBits = (mask: number) => mask.toString(2).replaceAll("0", "").length;

/** Designs whose rows are skewed by the distance between neighbouring diagonals. */
function* skewed(
  plain: HybridDiagonalDesign,
  steps: readonly number[],
  outputMask: number,
  { period, length }: Repetition,
  slots: number,
): Generator<HybridDiagonalDesign> {
  if (period === slots || outputMask >= period || steps.length < 2) return;
  const sorted = steps.map((step) => step % slots).sort((a, b) => a - b);
  const skew = Math.min(...sorted.filter((step) => step > 0));
  if (!Number.isFinite(skew) || sorted.some((step) => step % skew !== 0)) return;
  const last = sorted.at(-1)! / skew;
  for (let rows = 2; rows <= steps.length; rows *= 2) {
    for (const width of new Set([slots / rows, period])) {
      const rowStride = width + skew;
      if (width < period || (rows - 1) * rowStride + period > slots) continue;
      const furthest = (rows - 1) * rowStride + period + Math.floor(last / rows) * rows * skew;
      if (length < slots && furthest > length) continue;
      yield { ...plain, rows, rowStride, skew };
    }
  }
}

function build(
  { map, layout, slots, poolSums }: HybridDiagonalProblem,
  design: HybridDiagonalDesign,
  repetition: Repetition,
  outputMask: number,
) {
  const { rows, rowStride, mask } = design;
  const { period } = repetition;
  const cyclic = repetition.length === slots;
  const placement = placeEntries(map, layout, design, period);
  const folds: RotateAndSum[] = [];
  for (let row = rows / 2; row >= 1; row /= 2) folds.push([row * rowStride]);
  for (let bit = slots / 2; bit >= 1; bit /= 2) if (mask & bit) folds.push([bit]);
  const steps = diagonalSteps(placement, layout.length, slots).map(({ step }) => step);
  const planes = new Set([...steps.filter((step) => step > 0), slots]);
  const unfinished = assemble({
    map,
    layout,
    outputs: 1,
    placement,
    period: cyclic ? period : slots,
    radices: [[slots, slots * 2], ...radices(planes, slots)],
    poolSums,
    folds,
    copies: (outputMask | mask) < period ? copiesWithin(design, period, slots) : [],
  });
  const transform = unfinished && withOutputLayout({ ...unfinished, poolSums: [] }, layout);
  return transform && { transform: { ...transform, poolSums } };
}

function radices(steps: ReadonlySet<number>, slots: number): [number, number][] {
  const powers = [...steps].filter((step) => Number.isInteger(Math.log2(step)) && step < slots);
  return powers.flatMap((row) => [
    [row, slots] as [number, number],
    ...powers.filter((plane) => plane > row).map((plane) => [row, plane] as [number, number]),
  ]);
}

function copiesWithin(
  { rows, rowStride, skew }: HybridDiagonalDesign,
  period: number,
  slots: number,
): number[] {
  return rows === 1
    ? multiplesOf(period, slots)
    : Array.from({ length: Math.floor((rowStride - skew) / period) - 1 }, (_, i) => (i + 1) * period);
}

function placeEntries(
  map: AffineMap,
  layout: FullSlotLayout,
  { stride, mask, rows, rowStride, skew }: HybridDiagonalDesign,
  period: number,
): EntryPlacement {
  const placement = emptyPlacement(map.weights.length);
  const sources = firstPlaces(layout, map.columns);
  for (let row = 0; row < map.rows; row++) {
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      const { ciphertext, slot } = sources[map.columnOf[i]];
      const distance = modulo(slot - row * stride, period);
      const partial = distance & mask;
      const step = distance & ~mask;
      const rowOfSkew = rows === 1 ? 0 : (step / skew) % rows;
      placement.input[i] = ciphertext;
      placement.slot[i] = row * stride + partial + rowOfSkew * rowStride;
      placement.step[i] = step - rowOfSkew * skew;
    }
  }
  return placement;
}
