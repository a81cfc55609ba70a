import { gadgetFactors, type Gadget } from "./gadget.js";
import { product } from "./modulo.js";
import type { ToyParameters } from "./parameters.js";

/*
 * What noise is to be expected, as the standard deviation of a coefficient, over all keys and all randomness. A product of two
 * polynomials adds up N products of coefficients, so variances multiply with N; independent errors add up as √(a² + b²).
 *
 * The variances follow https://eprint.iacr.org/2016/421, lemmas 1 to 4, for keys of coefficients −1, 0 and 1, of variance 2/3.
 */

/** What rounding a number to a whole one does: uniform in ±½. */
export const encodingNoise = Math.sqrt(1 / 12);

/** The mean of ‖s‖²: N coefficients of variance 2/3. */
const meanSquaredKey = (n: number): number => (2 * n) / 3;

/**
 * A fresh encryption under the secret key: σ.
 *
 * @example predictedNoiseEncryptSymmetric(parameters) // 3.2
 */
export const predictedNoiseEncryptSymmetric = ({ sigma }: Pick<ToyParameters, "sigma">): number => sigma;

/**
 * A fresh encryption under the public key, u·e + e₀ + e₁·s: σ·√(1 + 4N/3).
 *
 * @example predictedNoiseEncrypt({ sigma: 3, polyModulusDegree: 6 }) // 9
 */
export const predictedNoiseEncrypt = ({
  sigma,
  polyModulusDegree,
}: Pick<ToyParameters, "sigma" | "polyModulusDegree">): number =>
  sigma * Math.sqrt(1 + 2 * meanSquaredKey(polyModulusDegree));

/**
 * A sum or a difference: √(a² + b²), if the two noises have nothing to do with each other. A ciphertext added to itself has
 * twice its noise, √2 times as much.
 *
 * @example predictedNoiseAdd(3, 4) // 5
 */
export const predictedNoiseAdd = (a: number, b: number): number => Math.hypot(a, b);

/**
 * A product with a plaintext m, e·m: noise·‖m‖.
 *
 * @param norm of the plaintext's polynomial (`euclideanNorm`), about scale·√(mean of |zₖ|²)
 * @example predictedNoiseMultiplyPlain(3.2, 10) // 32
 */
export const predictedNoiseMultiplyPlain = (noise: number, norm: number): number => noise * norm;

/** A factor of a product: its noise, and the norm of the polynomial that it encrypts. */
export interface Factor {
  readonly noise: number;
  readonly norm: number;
}

/**
 * A product of two ciphertexts, m₁·e₂ + m₂·e₁ + e₁·e₂: √(‖m₁‖²σ₂² + ‖m₂‖²σ₁² + N·σ₁²σ₂²). A square has m₁·e₁ twice, so
 * √2 times as much.
 *
 * @example predictedNoiseMultiply({ noise: 3, norm: 10 }, { noise: 0, norm: 20 }, 8) // 60
 */
export const predictedNoiseMultiply = (a: Factor, b: Factor, n: number): number =>
  Math.hypot(a.norm * b.noise, b.norm * a.noise, Math.sqrt(n) * a.noise * b.noise);

/**
 * What a key switch adds, for relinearizing as for rotating: Σ digitᵢ·eᵢ / P, and the rounding of the division by P. Where digits are
 * so large that it passes the modulus, it is anything modulo q, whose deviation is q/√12.
 *
 * @param level primes that are left
 * @throws InputError if the base is below 2
 * @example predictedNoiseKeySwitch(parameters, "primes", 2).toFixed(2) // 1.49
 */
export function predictedNoiseKeySwitch(
  { polyModulusDegree: n, coeffModulus, specialPrime, sigma }: ToyParameters,
  gadget: Gadget,
  level: number,
): number {
  const primes = coeffModulus.slice(0, level);
  const squares = digitSizes(gadget, primes).map((size) => (n * (size * sigma) ** 2) / 12);
  const variance = squares.reduce((sum, square) => sum + square, 0);
  if (gadget !== "primes") return Math.min(Math.sqrt(variance), Number(product(primes)) * encodingNoise);
  return Math.hypot(Math.sqrt(variance) / Number(specialPrime), roundingNoise(n, 2));
}

/** How many values each digit takes, all equally likely: their mean square is a twelfth of its square. */
function digitSizes(gadget: Gadget, primes: readonly bigint[]): number[] {
  if (gadget === "primes") return primes.map(Number);
  const factors = gadgetFactors(gadget, primes);
  const top = Number(product(primes)) / Number(factors.at(-1));
  return factors.map((_, i) => (i < factors.length - 1 ? Number(gadget.base) : top));
}

/** c0 + c1·s (+ c2·s²), each rounded: √((1 + ‖s‖² + ‖s²‖²)/12), where the mean of ‖s²‖² is 2·(2N/3)². */
const roundingNoise = (n: number, size: number): number =>
  Math.sqrt((1 + meanSquaredKey(n) + (size > 2 ? 2 * meanSquaredKey(n) ** 2 : 0)) / 12);

/**
 * After a rescale: the noise divided by the prime, and that of rounding c0 and c1, √((1 + 2N/3)/12). The scale was divided by the
 * prime, too, so that relative to the values only the rounding is new.
 *
 * @param size polynomials of the ciphertext; rescaling three, before relinearizing, rounds c2·s², too
 * @example predictedNoiseRescale(9.7e6, 2n ** 20n, 8).toFixed(2) // 9.28
 */
export const predictedNoiseRescale = (noise: number, prime: bigint, n: number, size = 2): number =>
  Math.hypot(noise / Number(prime), roundingNoise(n, size));

/**
 * What noise in coefficients shows in the real part of a slot: noise·√(N/2)/scale. A slot adds up N coefficients, each turned to
 * another angle, and half of their power is real.
 *
 * @example slotDeviation(3.2, 8, 64) // 0.1
 */
export const slotDeviation = (noise: number, n: number, scale: number): number =>
  (noise * Math.sqrt(n / 2)) / scale;

/**
 * What encoding real values errs by in a slot: √(N/12)/scale, √2 more than other noise of its size. Real values make a polynomial
 * with m_{N−j} = −mⱼ, whose rounding has the same symmetry; so all of it is real.
 *
 * @example encodingDeviation(12, 10) // 0.1
 */
export const encodingDeviation = (n: number, scale: number): number => Math.sqrt(n / 12) / scale;
