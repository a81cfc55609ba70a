import { uniform } from "../random.js";

/** Standard normal numbers, the same for the same seed (Box and Muller's transform). */
export function gaussians(seed: number): () => number {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

/** Primes: whatever takes a power of two at a time meets all numbers in turn. */
const tensOfThousands = 65_521;
const aMillion = 1_048_573;

/**
 * As `gaussians`, over and over the same tens of thousands: for whoever needs millions, which take a logarithm and a cosine
 * each.
 */
export const recurringGaussians = (seed: number): (() => number) => recurring(seed, tensOfThousands)();

/**
 * As `gaussians`, for whoever starts anew many times: each call gives the same numbers from the first on, and each of them
 * is drawn once. After a million they recur.
 */
export const repeatedGaussians = (seed: number): (() => () => number) => recurring(seed, aMillion);

function recurring(seed: number, most: number): () => () => number {
  const draw = gaussians(seed);
  const drawn: number[] = [];
  return () => {
    let next = 0;
    return () => {
      if (next === most) next = 0;
      if (next === drawn.length) drawn.push(draw());
      return drawn[next++];
    };
  };
}
