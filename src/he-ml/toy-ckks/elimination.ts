import { InputError } from "../errors.js";
import type { Plaintext } from "./encoding.js";
import type { Ciphertext } from "./encryption.js";
import { inverseMod, mod } from "./modulo.js";
import { requireLength, requireSize } from "./preconditions.js";
import { multiplyPolynomials, reducePolynomial, subtractPolynomials, type Polynomial } from "./ring.js";

/**
 * Solves matrix · x = right modulo a prime, by Gaussian elimination.
 *
 * @param matrix n rows of n numbers
 * @returns x, numbers in [0, prime)
 * @throws InputError if sizes differ, or there is none or more than one solution
 * @example solveModulo([[1n, 2n], [3n, 4n]], [5n, 4n], 7n) // [ 1n, 2n ]
 */
export function solveModulo(
  matrix: readonly (readonly bigint[])[],
  right: readonly bigint[],
  prime: bigint,
): bigint[] {
  const n = right.length;
  if (matrix.length !== n || matrix.some((row) => row.length !== n)) {
    throw new InputError(`solveModulo: expected ${n} rows of ${n} numbers, as there are ${n} on the right`);
  }
  const rows = matrix.map((row, i) => [...row, right[i]].map((entry) => mod(entry, prime)));
  for (let column = 0; column < n; column++) {
    const pivot = rows.findIndex((row, i) => i >= column && row[column] !== 0n);
    if (pivot < 0) {
      throw new InputError(
        `solveModulo: expected one solution, got equations that depend on each other modulo ${prime}; take others`,
      );
    }
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    const inverse = inverseMod(rows[column][column], prime);
    rows[column] = rows[column].map((entry) => mod(entry * inverse, prime));
    rows.forEach((row, i) => {
      const factor = row[column];
      if (i === column || factor === 0n) return;
      rows[i] = row.map((entry, j) => mod(entry - factor * rows[column][j], prime));
    });
  }
  return rows.map((row) => row[n]);
}

/**
 * The matrix that multiplies by a in the ring: column j holds the coefficients of a·X^j.
 *
 * @example multiplicationMatrix([1n, 2n]) // [ [ 1n, -2n ], [ 2n, 1n ] ]
 */
export function multiplicationMatrix(a: Polynomial): bigint[][] {
  const columns = a.map((_, j) =>
    multiplyPolynomials(
      a,
      a.map((_, i) => (i === j ? 1n : 0n)),
    ),
  );
  return a.map((_, i) => columns.map((column) => column[i]));
}

/**
 * The secret key of a ciphertext and its exact decryption: c1·s = m − c0 are N linear equations in the N coefficients of s. It
 * takes no more than a known plaintext where the noise is 0; where it is not, the plaintext has to hold the noise, as a
 * decryption does that somebody shows. Modulo the first prime, which is enough for coefficients −1, 0 and 1.
 *
 * @returns the key; anything, with coefficients up to half a prime, where the plaintext is not exact
 * @throws InputError if lengths differ, there are three polynomials, or the equations depend on each other: another ciphertext will do
 * @see Li, Micciancio, "On the Security of Homomorphic Encryption on Approximate Numbers", https://eprint.iacr.org/2020/1533
 * @example formatPolynomial(subtractPolynomials(recoverSecretKey(encrypted, decrypt(encrypted, secretKey)), secretKey)) // 0
 */
export function recoverSecretKey(ciphertext: Ciphertext, plain: Plaintext): Polynomial {
  requireSize("recoverSecretKey", ciphertext, 2);
  const [c0, c1] = ciphertext.polynomials;
  requireLength("recoverSecretKey", "a plaintext", plain.polynomial, c0.length);
  const [prime] = ciphertext.coeffModulus;
  const right = subtractPolynomials(plain.polynomial, c0);
  return reducePolynomial(solveModulo(multiplicationMatrix(c1), right, prime), prime);
}
