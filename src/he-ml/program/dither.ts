import { ditheredBelowBits, ditherNoise } from "../planner/errors/dither-criterion.js";
import { gaussians } from "../planner/errors/gaussians.js";

/**
 * Weights with noise where rounding needs it. The encoder rounds the coefficients of a plaintext to integers, and those
 * of a few small weights among zeros may all be below a half: they would vanish, or come back wrong by far more than
 * rounding errors are on average. Noise of half a unit in every coefficient makes the errors independent of the weights
 * again, at twice their usual size; it is too small to matter where weights are large.
 *
 * @param scale at which the weights will be encoded
 * @see Lipshitz, Wannamaker, Vanderkooy, "Quantization and Dither: A Theoretical Survey", Journal of the Audio Engineering
 *   Society 40(5), 1992
 */
export function dithered(weights: Float64Array, scale: number, polyModulusDegree: number): Float64Array {
  const power = weights.reduce((sum, weight) => sum + weight * weight, 0);
  if (Math.log2(scale) >= ditheredBelowBits(power, polyModulusDegree)) return weights;
  const random = gaussians(seedOf(weights));
  const deviation = (ditherNoise * Math.sqrt(polyModulusDegree)) / scale;
  return weights.map((weight) => weight + deviation * random());
}

/**
 * A seed of its own for each plaintext's weights (their bits' FNV-1a hash): the same noise in all would add up in sums
 * of their products.
 */
function seedOf(weights: Float64Array): number {
  const words = new Uint32Array(weights.buffer, weights.byteOffset, 2 * weights.length);
  const hash = words.reduce((state, word) => Math.imul(state ^ word, 16_777_619), 2_166_136_261);
  return 1 + ((hash >>> 0) % 2_147_483_646);
}
