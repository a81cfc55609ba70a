import { InputError } from "../errors.js";
import { multiplicationMatrix, solveModulo } from "./elimination.js";
import type { Complex } from "./embedding.js";
import { encode, type Plaintext } from "./encoding.js";
import type { Ciphertext } from "./encryption.js";
import { requireSize } from "./preconditions.js";
import { gaussianPolynomial, type Random } from "./random.js";
import { addPolynomials, reducePolynomial, type Polynomial } from "./ring.js";

/** A ciphertext, and what its owner has shown of it: the real parts of the values, with all digits. */
export interface SharedDecryption {
  readonly ciphertext: Ciphertext;
  /** One a slot. */
  readonly values: readonly number[];
}

/**
 * The plaintext that shown values were decoded from, noise and all: encoded again, they round to the very coefficients.
 *
 * @param values one a slot
 * @param scale of the ciphertext, times whatever the values were multiplied by
 * @throws InputError if a value is not finite, or the scale is not above 0
 * @example plaintextOfShown(decode(plain), plain.scale).polynomial.length // 8
 */
export const plaintextOfShown = (values: readonly (number | Complex)[], scale: number): Plaintext =>
  encode(values, { slots: values.length, scale });

/**
 * The secret key of two ciphertexts and the real parts of what they decrypt to. Real parts are the slots of (m + m(X^−1))/2, so
 * they give m₀ and the differences mⱼ − m_{N−j}: half as many linear equations in the key as the whole of m, and it takes two.
 * Modulo the first prime, which is enough for coefficients −1, 0 and 1.
 *
 * @param shared of two different ciphertexts, under one key
 * @returns the key; anything, with coefficients up to half a prime, where the values are not exact
 * @throws InputError if there are not two, one has three polynomials, or the equations depend on each other
 * @see Li, Micciancio, "On the Security of Homomorphic Encryption on Approximate Numbers", https://eprint.iacr.org/2020/1533
 * @example formatPolynomial(subtractPolynomials(recoverFromRealParts(shared), secretKey)) // 0
 */
export function recoverFromRealParts(shared: readonly SharedDecryption[]): Polynomial {
  if (shared.length !== 2) {
    throw new InputError(
      `recoverFromRealParts: expected two decryptions that were shown, got ${shared.length}; each is N/2 equations`,
    );
  }
  const [prime] = shared[0].ciphertext.coeffModulus;
  const rows = shared.flatMap(({ ciphertext }) => {
    requireSize("recoverFromRealParts", ciphertext, 2);
    const columns = transposed(multiplicationMatrix(ciphertext.polynomials[1]));
    return transposed(columns.map(twiceRealPart));
  });
  const right = shared.flatMap(({ ciphertext, values }) => {
    const shown = plaintextOfShown(values, 2 * ciphertext.scale).polynomial;
    return twiceRealPart(ciphertext.polynomials[0]).map((coefficient, j) => shown[j] - coefficient);
  });
  return reducePolynomial(solveModulo(rows, right, prime), prime);
}

/** The first half of the coefficients of m + m(X^−1); the others are these, with the other sign. */
const twiceRealPart = (m: Polynomial): Polynomial =>
  m
    .slice(0, m.length / 2)
    .map((coefficient, j) => (j === 0 ? 2n * coefficient : coefficient - m[m.length - j]));

const transposed = (matrix: readonly Polynomial[]): Polynomial[] =>
  matrix[0].map((_, column) => matrix.map((row) => row[column]));

/**
 * A decryption to be shown, flooded: fresh noise on each coefficient, much larger than the noise that is to be hidden. It costs
 * that many bits of precision. It hides the noise of one answer only as far as it is larger, and n answers of one ciphertext
 * average it out by √n.
 *
 * @param sigma its standard deviation, in the unit of a coefficient
 * @param random never the same numbers for two answers
 * @throws InputError if sigma is below 0 or not finite
 * @see Li, Micciancio, Schultz, Sorrell, "Securing Approximate Homomorphic Encryption Using Differential Privacy", 2022, https://eprint.iacr.org/2022/816
 * @example flood(plain, 2 ** 10, random).scale // 1048576
 */
export const flood = ({ polynomial, scale }: Plaintext, sigma: number, random: Random): Plaintext => ({
  polynomial: addPolynomials(polynomial, gaussianPolynomial(polynomial.length, sigma, random)),
  scale,
});
