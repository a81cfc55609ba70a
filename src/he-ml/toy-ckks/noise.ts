import { InputError } from "../errors.js";
import { complex, type Complex } from "./embedding.js";
import { decrypt, type Ciphertext } from "./encryption.js";
import { product } from "./modulo.js";
import { reducePolynomial, subtractPolynomials, type Polynomial } from "./ring.js";

/**
 * A ciphertext's noise: what it decrypts to, minus what it would decrypt to without any. It takes the secret key, so
 * only a student measures it.
 *
 * @param exact the polynomial that was encrypted, or what sums and products make of it
 * @throws InputError if lengths differ
 * @example noiseOf(encrypted, secretKey, plain.polynomial).length // 8
 */
export const noiseOf = (x: Ciphertext, secretKey: Polynomial, exact: Polynomial): Polynomial =>
  reducePolynomial(subtractPolynomials(decrypt(x, secretKey).polynomial, exact), product(x.coeffModulus));

/**
 * √(mean of squares) of all coefficients: their standard deviation about 0.
 *
 * @param polynomials one or more, such as the noise of many ciphertexts
 * @throws InputError if there is none
 * @example standardDeviation([[3n, -3n], [3n, 3n]]) // 3
 */
export function standardDeviation(polynomials: readonly (Polynomial | readonly number[])[]): number {
  const squares = polynomials.flatMap((polynomial) =>
    Array.from<bigint | number, number>(polynomial, (coefficient) => Number(coefficient) ** 2),
  );
  if (squares.length === 0) {
    throw new InputError("standardDeviation: expected a list of one polynomial or more, got no coefficient");
  }
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

/**
 * ‖m‖ = √(sum of squares) of a polynomial's coefficients. Of an encoded vector it is scale·√(mean of |zₖ|²): the same size, seen
 * in coefficients and in slots (Parseval).
 *
 * @example euclideanNorm([3n, -4n]) // 5
 */
export const euclideanNorm = (polynomial: Polynomial): number =>
  Math.sqrt(polynomial.reduce((sum, coefficient) => sum + Number(coefficient) ** 2, 0));

/**
 * |value − expected| in each slot.
 *
 * @param expected fewer values stand for zeros after the last
 * @example slotErrors([complex(1, 0), complex(0, 4)], [1, 3]) // [ 0, 5 ]
 */
export const slotErrors = (
  values: readonly (number | Complex)[],
  expected: readonly (number | Complex)[],
): number[] =>
  values.map((value, k) => {
    const [a, b] = [value, expected[k] ?? 0].map((z) => (typeof z === "number" ? complex(z) : z));
    return Math.hypot(a.re - b.re, a.im - b.im);
  });
