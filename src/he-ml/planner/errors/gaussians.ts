import { uniform } from "../random.js";

/** Standard normal numbers, the same for the same seed (Box and Muller's transform). */
export function gaussians(seed: number): () => number {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

/**
 * As `gaussians`, over and over the same tens of thousands: for whoever needs millions, which take a logarithm and a cosine
 * each.
 */
export function recurringGaussians(seed: number): () => number {
  const draw = gaussians(seed);
  // A prime: whatever takes a power of two at a time meets all of them in turn.
  const table = Float64Array.from({ length: 65_521 }, draw);
  let next = 0;
  return () => {
    if (next === table.length) next = 0;
    return table[next++];
  };
}

/**
 * As `gaussians`, for whoever starts anew many times: each call gives the same numbers from the first on, and each of them
 * is drawn once. After a million they recur.
 */
export function repeatedGaussians(seed: number): () => () => number {
  const draw = gaussians(seed);
  const drawn: number[] = [];
  // A prime, as above.
  const most = 1_048_573;
  return () => {
    let next = 0;
    return () => {
      if (next === most) next = 0;
      if (next === drawn.length) drawn.push(draw());
      return drawn[next++];
    };
  };
}
