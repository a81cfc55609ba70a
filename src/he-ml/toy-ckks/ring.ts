import { InputError } from "../errors.js";
import { centredMod } from "./modulo.js";

/**
 * A polynomial of Z[X]/(X^N + 1): N coefficients, that of X^j in place j. N is the array's length, a power of two.
 *
 * In this ring X^N = −1, so a power that leaves the array at its end comes back at its beginning with the other sign.
 */
export type Polynomial = readonly bigint[];

/**
 * @throws InputError unless both have the same number of coefficients, a power of two
 */
function requireSameDegree(operation: string, a: Polynomial, b: Polynomial): void {
  const n = a.length;
  if (n === b.length && n > 0 && (n & (n - 1)) === 0) return;
  throw new InputError(
    `${operation}: expected two polynomials of the same length, a power of two, got ${n} and ${b.length} coefficients; ` +
      `fill up with 0n`,
  );
}

/**
 * The polynomial 0.
 *
 * @param n its number of coefficients
 * @example zeroPolynomial(4) // [ 0n, 0n, 0n, 0n ]
 */
export const zeroPolynomial = (n: number): Polynomial => new Array<bigint>(n).fill(0n);

/**
 * a + b, coefficient by coefficient.
 *
 * @throws InputError if their lengths differ
 * @example addPolynomials([1n, 2n], [3n, -2n]) // [ 4n, 0n ]
 */
export function addPolynomials(a: Polynomial, b: Polynomial): Polynomial {
  requireSameDegree("addPolynomials", a, b);
  return a.map((coefficient, j) => coefficient + b[j]);
}

/**
 * a − b, coefficient by coefficient.
 *
 * @throws InputError if their lengths differ
 * @example subtractPolynomials([1n, 2n], [3n, -2n]) // [ -2n, 4n ]
 */
export function subtractPolynomials(a: Polynomial, b: Polynomial): Polynomial {
  requireSameDegree("subtractPolynomials", a, b);
  return a.map((coefficient, j) => coefficient - b[j]);
}

/**
 * Each coefficient times one number.
 *
 * @example scalePolynomial([1n, -2n], 3n) // [ 3n, -6n ]
 */
export const scalePolynomial = (a: Polynomial, factor: bigint): Polynomial =>
  a.map((coefficient) => coefficient * factor);

/**
 * Each coefficient modulo q, in (−q/2, q/2].
 *
 * @param q above 0
 * @example reducePolynomial([5n, -8n], 7n) // [ -2n, -1n ]
 */
export const reducePolynomial = (a: Polynomial, q: bigint): Polynomial =>
  a.map((coefficient) => centredMod(coefficient, q));

/**
 * a·b modulo X^N + 1: the coefficient of X^k is Σ aᵢ·bⱼ over i + j = k, minus Σ aᵢ·bⱼ over i + j = k + N.
 *
 * @throws InputError if their lengths differ
 * @example multiplyPolynomials([0n, 0n, 0n, 1n], [0n, 2n, 0n, 0n]) // [ -2n, 0n, 0n, 0n ]
 */
export function multiplyPolynomials(a: Polynomial, b: Polynomial): Polynomial {
  requireSameDegree("multiplyPolynomials", a, b);
  const n = a.length;
  const long = multiplyLong(a, b);
  return a.map((_, k) => long[k] - (long[k + n] ?? 0n));
}

/**
 * The product with all its 2n − 1 coefficients. Long factors are cut into halves, a = a₀ + a₁·X^h, of which Karatsuba's
 * method takes three products and not four: a₀·b₁ + a₁·b₀ = (a₀ + a₁)·(b₀ + b₁) − a₀·b₀ − a₁·b₁.
 */
function multiplyLong(a: Polynomial, b: Polynomial): bigint[] {
  const n = a.length;
  const result = new Array<bigint>(2 * n - 1).fill(0n);
  if (n <= 32) {
    a.forEach((x, i) => b.forEach((y, j) => (result[i + j] += x * y)));
    return result;
  }
  const half = n / 2;
  const [a0, a1, b0, b1] = [a.slice(0, half), a.slice(half), b.slice(0, half), b.slice(half)];
  const low = multiplyLong(a0, b0);
  const high = multiplyLong(a1, b1);
  const middle = multiplyLong(addPolynomials(a0, a1), addPolynomials(b0, b1));
  middle.forEach((coefficient, k) => {
    result[k] += low[k];
    result[k + half] += coefficient - low[k] - high[k];
    result[k + n] += high[k];
  });
  return result;
}
