/**
 * Standard deviation of the noise that dithered weights get (`program/dither.ts`), in a coefficient of their
 * plaintext and in its units: leaves 1.4 % of the bias of rounding.
 */
export const ditherNoise = 0.5;

/** By how much dither makes the error of encoding larger: that of rounding has variance 1/12, the noise adds its own. */
export const ditherFactor = Math.sqrt(1 + 12 * ditherNoise ** 2);

/** What rounding may leave of a weight by rule, beside its random errors: half of their root mean square. */
const biasAllowed = 0.5;
const mostBits = 64;

/**
 * The criterion for dither: weights of one plaintext get noise where log2 of their scale is below this. From there on their
 * rounding errors are expected to look random by themselves:
 *
 * - the root mean square of the plaintext's coefficients is a unit at least;
 * - a weight's own wave comes back whole. A weight w in one slot is a wave of amplitude a = 2·w·scale / N in the
 *   coefficients. Where it stands alone, what rounding leaves is periodic as the wave is, and N / π·J₁(2πa) of it meets
 *   the weight's slot: that falls as 1 / √a only. Each other weight, of amplitude b, multiplies it by J₀(2πb) (the
 *   sawtooth's first harmonic, averaged over the waves' phases), so that some dozens of weights leave nothing of it.
 *
 * Whole bits, so that few scales make a difference.
 *
 * @param weights in the N / 2 slots
 */
export function ditheredBelowBits(weights: Float64Array): number {
  const degree = 2 * weights.length;
  const power = weights.reduce((sum, weight) => sum + weight * weight, 0);
  if (power === 0) return -Infinity;
  // Of N / 2 real slots z the coefficients have mean square 2·Σz² / N², times the scale's square.
  let bits = Math.ceil(Math.log2(degree / Math.sqrt(2 * power)));
  const least = Math.log((biasAllowed * Math.PI) / Math.sqrt(12 * degree));
  while (bits < mostBits && logOfBesselProduct(weights, 2 ** bits, least) > least) bits++;
  return bits;
}

/** The logarithm of Π J₀(2πa) over the amplitudes of all weights, or some number that is no more than `enough`. */
function logOfBesselProduct(weights: Float64Array, scale: number, enough: number): number {
  const unit = (2 * Math.PI * scale) / weights.length;
  let sum = 0;
  for (let slot = 0; slot < weights.length && sum > enough; slot++) sum += logOfBessel(unit * weights[slot]);
  return sum;
}

/** An upper bound of log |J₀(x)|: its power series, then its asymptote (https://dlmf.nist.gov/10.7 and 10.17). */
function logOfBessel(x: number): number {
  const size = Math.abs(x);
  return size <= 2 ? -(size * size) / 4 : Math.log(2 / (Math.PI * size)) / 2;
}
