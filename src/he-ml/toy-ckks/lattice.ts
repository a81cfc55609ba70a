import { InputError } from "../errors.js";
import { centredMod } from "./modulo.js";
import { multiplicationMatrix } from "./elimination.js";
import type { Polynomial } from "./ring.js";
import type { RlweSample } from "./rlwe.js";

type Vector = readonly number[];

const dot = (a: Vector, b: Vector): number => a.reduce((sum, entry, i) => sum + entry * b[i], 0);
const minus = (a: Vector, b: Vector, factor: number): number[] => a.map((entry, i) => entry - factor * b[i]);

/**
 * A basis of the same lattice with short vectors, by the algorithm of Lenstra, Lenstra and Lovász. Each vector is made as short
 * as whole multiples of those before it can make it; two neighbours change places where the second, seen beside those before
 * both, is much the shorter.
 *
 * @param basis linearly independent rows of whole numbers below 2^31
 * @param delta from ¼ to 1; near 1 vectors get shorter and it takes longer
 * @returns rows, the first the shortest or nearly so, which it is in few dimensions
 * @see Lenstra, Lenstra, Lovász, "Factoring polynomials with rational coefficients", 1982
 * @example lll([[1, 100], [0, 101]])[0] // [ -1, 1 ]
 */
export function lll(basis: readonly Vector[], delta = 0.99): number[][] {
  const rows = basis.map((row) => [...row]);
  /** The part of each row that stands at right angles to all rows before it. */
  const beside: number[][] = [];
  for (let k = 0; k < rows.length;) {
    for (let j = k - 1; j >= 0; j--) {
      const multiple = Math.round(dot(rows[k], beside[j]) / dot(beside[j], beside[j]));
      if (multiple !== 0) rows[k] = minus(rows[k], rows[j], multiple);
    }
    let [rest, shared] = [rows[k], 0];
    for (let j = 0; j < k; j++) {
      shared = dot(rows[k], beside[j]) / dot(beside[j], beside[j]);
      rest = minus(rest, beside[j], shared);
    }
    beside[k] = rest;
    // `shared` is now what row k has of row k − 1.
    if (k === 0 || dot(rest, rest) >= (delta - shared ** 2) * dot(beside[k - 1], beside[k - 1])) {
      k++;
    } else {
      [rows[k - 1], rows[k]] = [rows[k], rows[k - 1]];
      k--;
    }
  }
  return rows;
}

/**
 * A lattice in which the key lies as a short vector (e, s, 1): its 2N + 1 rows are q in each place of e, a·X^j beside a 1 in place j of s,
 * and (b, 0, 1). As b + a·s − e is a multiple of q, their sum with the coefficients of s is that vector (Kannan's embedding).
 *
 * @param q modulus, below 2^31
 * @throws InputError if q is too large
 * @example keyLattice({ b: [3n], a: [2n] }, 7n) // [ [ 7, 0, 0 ], [ 2, 1, 0 ], [ 3, 0, 1 ] ]
 */
export function keyLattice({ b, a }: RlweSample, q: bigint): number[][] {
  if (q >= 2n ** 31n)
    throw new InputError(`keyLattice: expected a modulus below 2^31, got ${q}; take a smaller one`);
  const n = a.length;
  const unit = (length: number, place: number, value: number): number[] =>
    Array.from({ length }, (_, i) => (i === place ? value : 0));
  const matrix = multiplicationMatrix(a);
  return [
    ...b.map((_, i) => unit(2 * n + 1, i, Number(q))),
    ...a.map((_, j) => [...matrix.map((row) => Number(centredMod(row[j], q))), ...unit(n + 1, j, 1)]),
    [...b.map(Number), ...unit(n + 1, n, 1)],
  ];
}

/**
 * Finds the secret key of a sample by reducing its lattice. It takes moments at N = 8, minutes at N = 64, and beyond that LLL no longer
 * finds vectors that are short enough; the best known methods take 2^128 operations at N = 8192 and 218 bits.
 *
 * @param sample such as a public key
 * @param q its modulus, below 2^31; the larger it is beside the noise, the easier
 * @returns the key, or undefined where no vector of the reduced basis holds one
 * @throws InputError if q is too large
 * @example latticeAttack(rlweSample(secretKey, { q: 12289n, sigma: 3.2 }, random), 12289n)?.join() === secretKey.join() // true
 */
export function latticeAttack(sample: RlweSample, q: bigint): Polynomial | undefined {
  const n = sample.a.length;
  for (const vector of lll(keyLattice(sample, q))) {
    const sign = vector[2 * n];
    const key = vector.slice(n, 2 * n);
    if (Math.abs(sign) === 1 && key.every((coefficient) => Math.abs(coefficient) <= 1)) {
      return key.map((coefficient) => BigInt(sign * coefficient));
    }
  }
  return undefined;
}
