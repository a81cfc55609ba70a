import {
  multiplicationMatrix,
  reducePolynomial,
  solveModulo,
  ternaryPolynomial,
  uniformPolynomial,
  type Polynomial,
} from "../../../he-ml/toy-ckks/index.js";
import { InputError } from "../../../he-ml/errors.js";
import type { Random } from "../exercise.js";

/** A key that has a 1 and a −1, so that no two wrong ways give the same. */
export function keyOfBothSigns(n: number, random: Random): Polynomial {
  for (;;) {
    const key = ternaryPolynomial(n, random);
    if (key.includes(1n) && key.includes(-1n)) return key;
  }
}

/** The polynomial x with by·x = polynomial modulo a prime, in (−q/2, q/2]; undefined if there is not exactly one. */
export function quotient(polynomial: Polynomial, by: Polynomial, prime: bigint): Polynomial | undefined {
  try {
    return reducePolynomial(solveModulo(multiplicationMatrix(by), polynomial, prime), prime);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** A uniform polynomial by which one can divide modulo a prime. */
export function uniformUnit(n: number, prime: bigint, random: Random): Polynomial {
  for (;;) {
    const a = uniformPolynomial(n, prime, random);
    if (quotient(a, a, prime)) return a;
  }
}

export const same = (a: Polynomial, b: Polynomial): boolean =>
  a.every((coefficient, i) => coefficient === b[i]);
