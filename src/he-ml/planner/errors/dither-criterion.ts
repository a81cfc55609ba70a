/**
 * Standard deviation of the noise that dithered weights get (`program/dither.ts`), in a coefficient of their
 * plaintext and in its units: leaves 1.4 % of the bias of rounding.
 */
export const ditherNoise = 0.5;

/** By how much dither makes the error of encoding larger: that of rounding has variance 1/12, the noise adds its own. */
export const ditherFactor = Math.sqrt(1 + 12 * ditherNoise ** 2);

/**
 * The criterion for dither: weights of one plaintext get noise where log2 of their scale is below this. From there on
 * the root mean square of the plaintext's coefficients is a unit at least, and their rounding errors look random by
 * themselves. Whole bits, so that few scales make a difference.
 *
 * @param power sum of the squares of the weights in the N / 2 slots
 */
export function ditheredBelowBits(power: number, polyModulusDegree: number): number {
  // Zeros need none. Of N / 2 real slots z the coefficients have mean square 2·Σz² / N², times the scale's square.
  return power === 0 ? -Infinity : Math.ceil(Math.log2(polyModulusDegree / Math.sqrt(2 * power)));
}
