import { uniform } from "../random.js";

/** Standard normal numbers, the same for the same seed (Box and Muller's transform). */
export function gaussians(seed: number): () => number {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}
