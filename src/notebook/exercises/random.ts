import type { Random } from "./exercise.js";

/** Numbers that nobody has seen before. */
export const freshRandom: Random = () => crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32;

/** A whole number from `least` to `most`, both included. */
export function integer(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}
