import { InputError } from "../he-ml/errors.js";
import { inWords } from "../he-ml/arguments.js";

/** A source of reproducible randomness: uniform numbers in [0, 1). */
export type Random = () => number;

/**
 * The generator mulberry32 (Tommy Ettinger's, public domain): 32 bits of state, the same sequence on every machine.
 * Good enough to shuffle and shift images; never for keys or noise.
 *
 * @param seed Its lower 32 bits count.
 * @example const random = seededRandom(1); random(); random();
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number in [minimum, maximum], each equally likely. */
export function randomInteger(random: Random, minimum: number, maximum: number): number {
  return minimum + Math.floor(random() * (maximum - minimum + 1));
}

/** The numbers 0 … count − 1 in random order (Fisher–Yates). */
export function shuffledIndices(count: number, random: Random): Uint32Array {
  const indices = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = randomInteger(random, 0, last);
    [indices[last], indices[other]] = [indices[other], indices[last]];
  }
  return indices;
}

/** @throws InputError unless it is a whole number of 32 bits */
export function requireSeed(what: string, seed: number): number {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new InputError(`${what} seed: expected a whole number from 0 to 2^32 - 1, got ${inWords(seed)}`);
}
