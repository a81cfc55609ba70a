import { gaussians } from "../planner/gaussians.js";

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
  if (power === 0) return weights;
  // Of N / 2 real slots z the coefficients have mean square 2·Σz² / N².
  const coefficient = (Math.sqrt(2 * power) / polyModulusDegree) * scale;
  if (coefficient >= largeEnough) return weights;
  const random = gaussians(1);
  const deviation = (noise * Math.sqrt(polyModulusDegree)) / scale;
  return weights.map((weight) => weight + deviation * random());
}

/** Root mean square of coefficients, in units, from which on their rounding errors look random by themselves. */
const largeEnough = 1;
/** Standard deviation of the noise in a coefficient, in units: leaves 1.4 % of the bias of rounding. */
const noise = 0.5;
