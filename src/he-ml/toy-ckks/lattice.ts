import { InputError } from "../errors.js";
import { centredMod } from "./modulo.js";
import { multiplicationMatrix } from "./elimination.js";
import type { Polynomial } from "./ring.js";
import type { RlweSample } from "./rlwe.js";

type Vector = readonly number[];

function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** a −= factor · b. */
function subtract(a: number[], b: Vector, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] -= factor * b[i];
}

/** Rows that come this near to a sum of those before them are taken for one: doubles have 16 digits. */
const leastAngle = 1e-12;

/**
 * A basis of the same lattice with short vectors, by the algorithm of Lenstra, Lenstra and Lovász. Each vector is made as short
 * as whole multiples of those before it can make it; two neighbours change places where the second, seen beside those before
 * both, is much the shorter.
 *
 * @param basis linearly independent rows of whole numbers below 2^31
 * @param delta from ¼ to below 1; near 1 vectors get shorter and it takes longer
 * @returns rows, the first the shortest or nearly so, which it is in few dimensions
 * @throws InputError if rows depend on each other or differ in length, or delta is none
 * @see Lenstra, Lenstra, Lovász, "Factoring polynomials with rational coefficients", 1982
 * @example lll([[1, 100], [0, 101]])[0] // [ -1, 1 ]
 */
export function lll(basis: readonly Vector[], delta = 0.99): number[][] {
  if (!(delta >= 0.25 && delta < 1))
    throw new InputError(`lll: expected a delta from 0.25 to below 1, got ${delta}`);
  if (basis.some((row) => row.length !== basis[0].length)) {
    throw new InputError(
      `lll: expected rows of the same length, got ${basis.map((row) => row.length).join(", ")}`,
    );
  }
  const rows = basis.map((row) => [...row]);
  /** The part of each row that stands at right angles to all rows before it, and the square of its length. */
  const beside: number[][] = [];
  const squares: number[] = [];
  for (let k = 0; k < rows.length;) {
    for (let j = k - 1; j >= 0; j--) {
      const multiple = Math.round(dot(rows[k], beside[j]) / squares[j]);
      if (multiple !== 0) subtract(rows[k], rows[j], multiple);
    }
    const rest = [...rows[k]];
    let shared = 0;
    for (let j = 0; j < k; j++) {
      shared = dot(rows[k], beside[j]) / squares[j];
      subtract(rest, beside[j], shared);
    }
    [beside[k], squares[k]] = [rest, dot(rest, rest)];
    if (!(squares[k] > leastAngle ** 2 * dot(rows[k], rows[k]))) {
      throw new InputError(
        `lll: expected linearly independent rows of finite numbers, got one that is a sum of others, row ${k}; leave it out`,
      );
    }
    // `shared` is now what row k has of row k − 1.
    if (k === 0 || squares[k] >= (delta - shared ** 2) * squares[k - 1]) {
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

/** The most coefficients for which a lattice is reduced: with each doubling it takes about twenty times as long. */
const mostCoefficients = 64;

/**
 * Finds the secret key of a sample by reducing its lattice: in moments at N = 8, in half a second at N = 32. With each doubling of N it
 * takes longer by a factor of twenty or so, and LLL finds less of what is short, so that q has to be larger beside the noise.
 * Nothing that is known today reduces a lattice of N = 8192 and 218 bits in fewer than about 2^128 steps.
 *
 * @param sample such as a public key
 * @param q its modulus, below 2^31; the larger it is beside the noise, the easier
 * @returns the key, or undefined where no vector of the reduced basis holds one
 * @throws InputError if N is above 64, or q is too large
 * @example latticeAttack(rlweSample(secretKey, { q: 12289n, sigma: 3.2 }, random), 12289n)?.join() === secretKey.join() // true
 */
export function latticeAttack(sample: RlweSample, q: bigint): Polynomial | undefined {
  const n = sample.a.length;
  if (n > mostCoefficients) {
    throw new InputError(
      `latticeAttack: expected at most ${mostCoefficients} coefficients, got ${n}, which would take hours or more; take a smaller ring`,
    );
  }
  for (const vector of lll(keyLattice(sample, q))) {
    const sign = vector[2 * n];
    const key = vector.slice(n, 2 * n);
    if (Math.abs(sign) === 1 && key.every((coefficient) => Math.abs(coefficient) <= 1)) {
      return key.map((coefficient) => BigInt(sign * coefficient));
    }
  }
  return undefined;
}
