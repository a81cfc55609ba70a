import type { Place } from "../../crypto/slot-layout.js";

/** What each slot of each ciphertext holds: a value's position, or −1. */
export type FullSlotLayout = readonly Int32Array[];

/** A stretch of slots from 0 on in which the layout repeats. */
export interface Repetition {
  readonly period: number;
  /** Slots over which it repeats; all of them when it goes around. */
  readonly length: number;
}

/** The shortest power-of-two period that holds everywhere, or else over a stretch of at least two periods. */
export function repetitionOf(layout: FullSlotLayout): Repetition {
  const slots = layout[0].length;
  let partial: Repetition | undefined;
  for (let period = 1; period < slots; period *= 2) {
    if (!holdsAll(layout, period)) continue;
    const length = Math.min(...layout.map((held) => repeatingLength(held, period)));
    if (length === slots) return { period, length };
    if (length >= 2 * period) partial ??= { period, length };
  }
  return partial ?? { period: slots, length: slots };
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

/** The first place of every value. */
export function firstPlaces(layout: FullSlotLayout, values: number): readonly Place[] {
  const places: Place[] = new Array<Place>(values);
  layout.forEach((held, ciphertext) =>
    held.forEach((value, slot) => {
      if (value >= 0) places[value] ??= { ciphertext, slot };
    }),
  );
  return places;
}
