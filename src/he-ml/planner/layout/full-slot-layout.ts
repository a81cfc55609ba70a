import type { Place } from "../../crypto/slot-layout.js";

/**
 * A slot layout that says of every slot of every ciphertext what it holds: a value's row-major position, or −1 for none.
 * (A `SlotLayout`, as it is sent to clients, may leave out the slots behind the last value.)
 */
export type FullSlotLayout = readonly Int32Array[];

/**
 * A stretch of slots from 0 on in which the layout repeats. Of `0 1 0 1 0 1 0 1` the period is 2 and the length 8: it
 * goes on repeating around the end, as rotations do. Of `0 1 0 1 0 1 -1 -1` the length is 6.
 */
export interface Repetition {
  /** A power of two. */
  readonly period: number;
  /** Slots over which it repeats; all of them when it goes around. */
  readonly length: number;
}

/**
 * The shortest power-of-two period that holds everywhere, or else over a stretch of at least two periods; all slots where
 * nothing repeats. Every value must lie in the first period.
 */
export function repetitionOf(layout: FullSlotLayout): Repetition {
  const slots = layout[0].length;
  let overAStretch: Repetition | undefined;
  for (let period = 1; period < slots; period *= 2) {
    if (!holdsAll(layout, period)) continue;
    const length = Math.min(...layout.map((held) => repeatingLength(held, period)));
    if (length === slots) return { period, length };
    if (length >= 2 * period) overAStretch ??= { period, length };
  }
  return overAStretch ?? { period: slots, length: slots };
}

/** Whether every value lies in the first `period` slots. */
function holdsAll(layout: FullSlotLayout, period: number): boolean {
  return layout.every((held) => {
    const early = new Set(held.subarray(0, period));
    return held.every((value) => value < 0 || early.has(value));
  });
}

function repeatingLength(held: Int32Array, period: number): number {
  let length = period;
  while (length < held.length && held[length] === held[length - period]) length++;
  return length;
}

/** The first place of every value: its first slot in the first ciphertext that holds it. */
export function firstPlaces(layout: FullSlotLayout, values: number): readonly Place[] {
  const places: Place[] = new Array<Place>(values);
  layout.forEach((held, ciphertext) =>
    held.forEach((value, slot) => {
      if (value >= 0) places[value] ??= { ciphertext, slot };
    }),
  );
  return places;
}
