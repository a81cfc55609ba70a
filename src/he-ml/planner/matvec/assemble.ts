import { splitSteps, type DiagonalStep, type Radices } from "./baby-giant.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import { withOutputLayout, type Diagonal, type LinearTransform } from "./linear-transform.js";
import type { RotateAndSum } from "./sums.js";
import type { RotationCosts } from "./rotation-costs.js";
import type { AffineMap } from "../stages/affine-map.js";

/**
 * Where each entry of a map is multiplied, before its sum is folded. Entry i multiplies what lies in slot
 * `slot[i] + step[i]` of input ciphertext `input[i]`, and its product is added up in slot `slot[i]` of output ciphertext
 * `output[i]`. Entries with the same input, output and step lie on one diagonal.
 *
 * With inputs 0 to 7 in slots 0 to 7 of ciphertext 0, an entry for input 5 whose product belongs in slot 4 has
 * `slot: 4, step: 1`; folds may then bring it from slot 4 to the output's own.
 */
export interface EntryPlacement {
  /** Output ciphertext and slot in which an entry's product is added up. */
  readonly output: Int32Array;
  readonly slot: Int32Array;
  /** Input ciphertext it reads, and how many slots further on. */
  readonly input: Int32Array;
  readonly step: Int32Array;
}

export interface AssembleOptions {
  readonly map: AffineMap;
  /** What the input ciphertexts hold, after `poolSums`. */
  readonly layout: FullSlotLayout;
  /** Output ciphertexts. */
  readonly outputs: number;
  readonly placement: EntryPlacement;
  /**
   * Slots after which the inputs repeat all around: to read s slots further on is to read s + period further on, so steps
   * are counted modulo the period and fewer rotations are distinct. Of `x0 x1 x2 x3 x0 x1 x2 x3`, with period 4, a
   * rotation by 3 reads the same as one by −1. The number of all slots where nothing repeats.
   */
  readonly period: number;
  /** Each is tried; that of the layout makes neighbouring pixels share rotations (see `splitSteps`). */
  readonly radices: readonly Radices[];
  /** Of rotations, of which the fewest or cheapest are taken. */
  readonly costs: RotationCosts;
  readonly poolSums?: readonly RotateAndSum[];
  readonly folds?: readonly RotateAndSum[];
  /** Slots by which all products may be repeated, to leave copies of the outputs. */
  readonly copies?: readonly number[];
}

export function emptyPlacement(entries: number): EntryPlacement {
  return {
    output: new Int32Array(entries),
    slot: new Int32Array(entries),
    input: new Int32Array(entries),
    step: new Int32Array(entries),
  };
}

/** The distinct diagonals of a placement. */
export function diagonalSteps(
  { output, input, step }: EntryPlacement,
  inputs: number,
  slots: number,
): DiagonalStep[] {
  const outputs = output.reduce((most, index) => Math.max(most, index + 1), 1);
  const seen = new Uint8Array(outputs * inputs * slots);
  for (let i = 0; i < step.length; i++) seen[(output[i] * inputs + input[i]) * slots + step[i]] = 1;
  const steps: DiagonalStep[] = [];
  for (let key = seen.indexOf(1); key >= 0; key = seen.indexOf(1, key + 1)) {
    const pair = Math.floor(key / slots);
    steps.push({ input: pair % inputs, output: Math.floor(pair / inputs), step: key % slots });
  }
  return steps;
}

/** Slots by which what lies in the first `period` of some slots is repeated to fill them. */
export function copiesEvery(period: number, slots: number): number[] {
  return Array.from({ length: slots / period - 1 }, (_, i) => (i + 1) * period);
}

/**
 * Groups placed entries into diagonals and splits each diagonal's step into a baby step, by which the input is rotated
 * before the product, and a giant step, by which sums of products are rotated after it.
 *
 * @returns undefined where an entry would not read its value, or an output comes out nowhere
 */
export function assemble(options: AssembleOptions): LinearTransform | undefined {
  const {
    map,
    layout,
    outputs,
    placement,
    period,
    radices,
    costs,
    poolSums = [],
    folds = [],
    copies = [],
  } = options;
  const slots = layout[0].length;
  if (!readsItsValues(map, layout, placement)) return undefined;
  const steps = diagonalSteps(placement, layout.length, slots);
  const { babyOf } = splitSteps(steps, period, radices, costs);
  const diagonals = new Map<number, Diagonal>();
  const key = (output: number, input: number, step: number) =>
    (output * layout.length + input) * slots + step;
  for (const { input, output, step } of steps) {
    const baby = babyOf(step);
    // Forwards or backwards around the period leads to the same values; the shorter way keeps steps small.
    const giant = congruent(step - baby, period);
    diagonals.set(key(output, input, step), {
      input,
      output,
      baby: modulo(baby, slots),
      giant: modulo(giant, slots),
      entries: new Int32Array(slots).fill(-1),
    });
  }
  for (const copy of [0, ...copies]) {
    for (let i = 0; i < map.weights.length; i++) {
      const slot = placement.slot[i] + copy;
      if (slot >= slots) continue;
      const { entries, giant } = diagonals.get(
        key(placement.output[i], placement.input[i], placement.step[i]),
      )!;
      const at = modulo(slot + giant, slots);
      if (entries[at] < 0) entries[at] = i;
    }
  }
  const afterPoolSums = {
    map,
    inputs: layout.length,
    outputs,
    poolSums: [],
    folds,
    diagonals: merged([...diagonals.values()]),
  };
  const transform = withOutputLayout(afterPoolSums, layout);
  return transform && { ...transform, poolSums };
}

export const modulo = (value: number, modulus: number) => ((value % modulus) + modulus) % modulus;

/** The step of least magnitude among those that differ by whole periods. */
function congruent(step: number, period: number): number {
  const positive = modulo(step, period);
  return positive > period / 2 ? positive - period : positive;
}

function readsItsValues(
  map: AffineMap,
  layout: FullSlotLayout,
  { slot, input, step }: EntryPlacement,
): boolean {
  const slots = layout[0].length;
  for (let i = 0; i < map.weights.length; i++) {
    if (layout[input[i]][(slot[i] + step[i]) % slots] !== map.columnOf[i]) return false;
  }
  return true;
}

/** Diagonals whose steps turn out the same over a period share one plaintext. */
function merged(diagonals: readonly Diagonal[]): Diagonal[] {
  const byRotation = new Map<string, Diagonal>();
  for (const diagonal of diagonals) {
    const { input, output, baby, giant, entries } = diagonal;
    const name = [input, output, baby, giant].join();
    const same = byRotation.get(name);
    if (same) entries.forEach((entry, slot) => entry >= 0 && (same.entries[slot] = entry));
    else byRotation.set(name, diagonal);
  }
  return [...byRotation.values()];
}
