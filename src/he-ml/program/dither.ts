import { coefficientsOf, slotsOf } from "../crypto/canonical-embedding.js";
import { ditheredBelowBits, ditherNoise } from "../planner/errors/dither-criterion.js";
import { gaussians } from "../planner/errors/gaussians.js";

/**
 * Weights with noise where rounding needs it. The encoder rounds the coefficients of a plaintext to integers, and those
 * of a few small weights among zeros may all be below a half: they would vanish, or come back wrong by far more than
 * rounding errors are on average. Noise of half a unit in every coefficient makes the errors independent of the weights
 * again, at twice their usual size; it is too small to matter where weights are large.
 *
 * The criterion expects errors; weights in slots at powers of two from each other may still round alike in many coefficients.
 * So the errors are computed as well.
 *
 * @param weights in the N / 2 slots
 * @param scale at which the weights will be encoded
 * @see Lipshitz, Wannamaker, Vanderkooy, "Quantization and Dither: A Theoretical Survey", Journal of the Audio Engineering
 *   Society 40(5), 1992
 */
export function dithered(weights: Float64Array, scale: number): Float64Array {
  if (Math.log2(scale) >= ditheredBelowBits(weights) && roundsAsIfByChance(weights, scale)) return weights;
  const random = gaussians(seedOf(weights));
  const deviation = (ditherNoise * Math.sqrt(2 * weights.length)) / scale;
  return weights.map((weight) => weight + deviation * random());
}

/**
 * A slot's error, of independent rounding errors of the coefficients, is larger than so many standard deviations with
 * probability 2·10⁻⁹ (https://dlmf.nist.gov/7.2).
 */
const deviationsByChance = 6;
/**
 * Root mean square of coefficients from which on even a single wave, of amplitude a, leaves no more than random errors do:
 * N / (π²·√a) is 1.2·√(N / 12) at N = 32768.
 */
const coefficientsThatHideWaves = 2_000;

/** Whether no slot shows a larger error than coefficients that are rounded independently would give it. */
function roundsAsIfByChance(weights: Float64Array, scale: number): boolean {
  const degree = 2 * weights.length;
  const coefficients = coefficientsOf(weights).map((coefficient) => coefficient * scale);
  const power = coefficients.reduce((sum, coefficient) => sum + coefficient * coefficient, 0);
  if (power === 0 || Math.sqrt(power / degree) >= coefficientsThatHideWaves) return true;
  const errors = slotsOf(coefficients.map((coefficient) => Math.round(coefficient) - coefficient));
  const most = deviationsByChance * Math.sqrt(degree / 12);
  return errors.every((error) => Math.abs(error) <= most);
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
