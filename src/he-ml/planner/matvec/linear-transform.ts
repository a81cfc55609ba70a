import type { SlotLayout } from "../../crypto/slot-layout.js";
import { uniform } from "../random.js";
import type { AffineMap } from "../stages/affine-map.js";
import { babyGiantCounts, rotationsTogether, type RotationCounts } from "./rotation-costs.js";
import { countsOfSums, type RotateAndSum } from "./sums.js";

/**
 * Products that share an input ciphertext, a baby and a giant step: one plaintext. The weight in slot s meets what lies
 * in slot s + baby of the input; the product is added up in slot s − giant of the output.
 */
export interface Diagonal {
  readonly input: number;
  readonly output: number;
  /** Slots by which the input is rotated before the product. */
  readonly baby: number;
  /** Slots by which the sum of products is rotated after. */
  readonly giant: number;
  /** For each slot of the product the entry of the map whose weight stands there, or −1. */
  readonly entries: Int32Array;
}

/**
 * The W of an affine map y = W·x + b, made of rotations, products and sums on slots: pool sums, then products with diagonals,
 * then folds. The bias is added to the outputs afterwards.
 */
export interface LinearTransform {
  readonly map: AffineMap;
  readonly inputs: number;
  readonly outputs: number;
  /** Sums over a window of neighbours, made before everything else: average pooling. */
  readonly poolSums: readonly RotateAndSum[];
  readonly diagonals: readonly Diagonal[];
  /** Sums over partial results, made at the end, each doubling what was added up. */
  readonly folds: readonly RotateAndSum[];
  /** Instead of products: the sums as they are, divided by so much, which takes nothing but another scale. */
  readonly divisor?: number;
  /** Which slot holds which output. */
  readonly output: SlotLayout;
}

/** A linear transform whose output layout is not known yet. */
export type UnfinishedTransform = Omit<LinearTransform, "output">;

/** How often a linear transform rotates and multiplies. */
export interface TransformCounts extends RotationCounts {
  readonly products: number;
}

export function transformCosts(transform: UnfinishedTransform): TransformCounts {
  const { inputs, outputs, poolSums, diagonals, folds } = transform;
  const babies = Array.from({ length: inputs }, () => new Set<number>());
  const giants = Array.from({ length: outputs }, () => new Set<number>());
  for (const { input, output, baby, giant } of diagonals) {
    if (baby !== 0) babies[input].add(baby);
    if (giant !== 0) giants[output].add(giant);
  }
  const rotations = [
    countsOfSums(poolSums, inputs),
    ...babies.map(({ size }) => babyGiantCounts(size, 0)),
    ...giants.map(({ size }) => babyGiantCounts(0, size)),
    countsOfSums(folds, outputs),
  ].reduce(rotationsTogether);
  return { ...rotations, products: diagonals.length };
}

/** Slot i of the result is slot i + step, around the end. */
export function rotateSlots(values: Float64Array, step: number): Float64Array {
  const { length } = values;
  const shift = ((step % length) + length) % length;
  const rotated = new Float64Array(length);
  rotated.set(values.subarray(shift));
  rotated.set(values.subarray(0, shift), length - shift);
  return rotated;
}

/** @example sumRotations(Float64Array.of(0, 1, 2, 3), [[1], [2]]) // 6 in every slot: neighbours, then pairs */
export function sumRotations(values: Float64Array, sums: readonly RotateAndSum[]): Float64Array {
  let current = values;
  for (const steps of sums) {
    const total = current.slice();
    for (const step of steps) addInto(total, rotateSlots(current, step));
    current = total;
  }
  return current;
}

function addInto(total: Float64Array, values: Float64Array): void {
  for (let i = 0; i < total.length; i++) total[i] += values[i];
}

/**
 * Runs the rotations, products and sums on plain slots, without the bias.
 *
 * @param inputs the slots of each input ciphertext
 */
export function applyTransform(
  transform: UnfinishedTransform,
  weightOf: (entry: number) => number,
  inputs: readonly Float64Array[],
): Float64Array[] {
  const summed = inputs.map((slots) => sumRotations(slots, transform.poolSums));
  const { divisor } = transform;
  if (divisor !== undefined) return summed.map((values) => values.map((value) => value / divisor));
  const slots = inputs[0].length;
  return Array.from({ length: transform.outputs }, (_, output) => {
    const total = new Float64Array(slots);
    for (const diagonal of transform.diagonals) {
      if (diagonal.output === output) addProducts(total, diagonal, weightOf, summed[diagonal.input]);
    }
    return sumRotations(total, transform.folds);
  });
}

/** Adds what one diagonal makes of the values in the slots. */
export function addProducts(
  total: Float64Array,
  { baby, giant, entries }: Pick<Diagonal, "baby" | "giant" | "entries">,
  weightOf: (entry: number) => number,
  values: Float64Array,
): void {
  const slots = values.length;
  const [turn, back] = [((baby % slots) + slots) % slots, ((giant % slots) + slots) % slots];
  for (let i = 0; i < slots; i++) {
    if (entries[i] < 0) continue;
    let to = i - back;
    if (to < 0) to += slots;
    let from = i + turn;
    if (from >= slots) from -= slots;
    total[to] += weightOf(entries[i]) * values[from];
  }
}

/**
 * Finds out which slots hold an output, by running the map once on random integers: a slot that comes out with the sum
 * of all of an output's terms holds it, wherever copies and partial sums ended up.
 *
 * @param input which slots hold which input; what lies in the other slots is not to be read
 */
export function withOutputLayout(
  transform: UnfinishedTransform,
  input: readonly Int32Array[],
): LinearTransform | undefined {
  const { map } = transform;
  const random = integers();
  const values = Float64Array.from({ length: map.columns }, () => random(2 ** 16));
  // As large as keeps sums exact: rows that read the same single input are told apart by their weights alone.
  const terms = map.rowStarts.reduce((most, end, i) => Math.max(most, end - (map.rowStarts[i - 1] ?? 0)), 1);
  const weightBits = Math.min(31, 36 - Math.ceil(Math.log2(terms)));
  const weights = Float64Array.from(map.weights, () => random(2 ** weightBits));
  const expected = new Float64Array(map.rows);
  for (let row = 0; row < map.rows; row++) {
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      expected[row] += weights[i] * values[map.columnOf[i]];
    }
  }
  const slots = input.map((held) =>
    Float64Array.from(held, (value) => (value < 0 ? random(2 ** 16) : values[value])),
  );
  const rowOf = new Map<number, number>();
  expected.forEach((value, row) => rowOf.set(value, rowOf.get(value) ?? row));
  const output = applyTransform(transform, (entry) => weights[entry], slots).map((computed) =>
    Int32Array.from(computed, (value) => rowOf.get(value) ?? -1),
  );
  spreadEmptyRows(output, expected);
  const found = new Set(output.flatMap((held) => [...held]));
  for (let row = 0; row < map.rows; row++) if (!found.has(row)) return undefined;
  return { ...transform, output };
}

/** Rows without entries are zero wherever nothing is: each gets slots of its own, for its bias. */
function spreadEmptyRows(output: readonly Int32Array[], expected: Float64Array): void {
  const empty = [...expected.keys()].filter((row) => expected[row] === 0);
  if (empty.length < 2) return;
  let next = 0;
  for (const held of output) {
    held.forEach((row, slot) => {
      if (row === empty[0]) held[slot] = empty[next++ % empty.length];
    });
  }
}

/** Integers from 1 up, the same every time. */
function integers(): (below: number) => number {
  const random = uniform(20_240_229);
  return (below) => 1 + Math.floor(random() * (below - 1));
}
