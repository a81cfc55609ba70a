import { requireDegree } from "./preconditions.js";
import type { Polynomial } from "./ring.js";

/** The complex number re + im·i. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/**
 * The complex number re + im·i.
 *
 * @example complex(1) // { re: 1, im: 0 }
 */
export const complex = (re: number, im = 0): Complex => ({ re, im });

/**
 * The odd exponents e₀, e₁ … of the roots that belong to the N / 2 slots: slot k holds the polynomial's value at ζ^eₖ, where
 * eₖ = 3^k mod 2N and ζ = exp(πi/N), so that ζ^N = −1. The other N / 2 roots of X^N + 1 are their conjugates, at which a
 * polynomial with real coefficients has the conjugate values: nothing new.
 *
 * Any order of the roots would do for sums and products. With powers of one number, X → X^3 takes each slot's root to the
 * next slot's, which makes it a rotation. SEAL takes 3; papers take 5, which does the same in another order.
 *
 * @throws InputError if n is no power of two from 4 to 1024
 * @see SEAL 4.1.2, native/src/seal/ckks.cpp: matrix_reps_index_map
 * @example slotExponents(8) // [ 1, 3, 9, 11 ]
 */
export function slotExponents(n: number): number[] {
  requireDegree("embedding", n);
  const exponents = [1];
  while (exponents.length < n / 2) exponents.push((exponents.at(-1)! * 3) % (2 * n));
  return exponents;
}

/** ζ^e for e = 0 … 2N − 1. */
const rootPowers = (n: number): Complex[] =>
  Array.from({ length: 2 * n }, (_, e) => complex(Math.cos((Math.PI * e) / n), Math.sin((Math.PI * e) / n)));

/**
 * The canonical embedding: a polynomial's values zₖ = Σⱼ mⱼ·ζ^(eₖ·j) in its N / 2 slots. As it evaluates, it takes sums to
 * sums and products to products, slot by slot; as ζ^N = −1, it does not see that X^N was replaced by −1.
 *
 * @param polynomial N coefficients, whole or real
 * @throws InputError if N is no power of two from 4 to 1024
 * @see https://eprint.iacr.org/2016/421, section 2.2
 * @example evaluateAtSlots([5n, 0n, 0n, 0n]) // [ { re: 5, im: 0 }, { re: 5, im: 0 } ]
 */
export function evaluateAtSlots(polynomial: Polynomial | readonly number[]): Complex[] {
  const n = polynomial.length;
  const roots = rootPowers(n);
  const coefficients = Array.from(polynomial, Number);
  return slotExponents(n).map((e) => {
    let [re, im] = [0, 0];
    coefficients.forEach((coefficient, j) => {
      const root = roots[(e * j) % (2 * n)];
      re += coefficient * root.re;
      im += coefficient * root.im;
    });
    return complex(re, im);
  });
}

/**
 * The one real polynomial that has given values in its slots, and so their conjugates at the other roots:
 * mⱼ = (2/N)·Re Σₖ zₖ·ζ^(−eₖ·j).
 *
 * @param values N / 2 of them
 * @returns N real coefficients, none larger than the largest value
 * @throws InputError if N is no power of two from 4 to 1024
 * @see https://eprint.iacr.org/2016/421, section 2.2
 * @example interpolateSlots([complex(5), complex(5)]) // [ 5, 0, 0, 0 ], to 15 digits
 */
export function interpolateSlots(values: readonly Complex[]): number[] {
  const n = 2 * values.length;
  const exponents = slotExponents(n);
  const roots = rootPowers(n);
  return Array.from({ length: n }, (_, j) => {
    let sum = 0;
    values.forEach(({ re, im }, k) => {
      const root = roots[(exponents[k] * j) % (2 * n)];
      sum += re * root.re + im * root.im;
    });
    return (2 / n) * sum;
  });
}
