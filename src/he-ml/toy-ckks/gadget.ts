import { InputError } from "../errors.js";
import { centredMod, product } from "./modulo.js";
import type { Polynomial } from "./ring.js";
import { crtFactors, toResidues } from "./rns.js";

/**
 * How large coefficients are cut into small digits: in a base, as one writes numbers, or `"primes"`, into the residues modulo each
 * prime of the chain, as SEAL does.
 */
export type Gadget = { readonly base: bigint } | "primes";

/**
 * What each digit counts for: powers of the base, 1, B, B² …, or the factors of the Chinese remainder theorem.
 *
 * @throws InputError if the base is below 2
 * @example gadgetFactors({ base: 10n }, [97n, 89n]) // [ 1n, 10n, 100n, 1000n ]
 */
export function gadgetFactors(gadget: Gadget, primes: readonly bigint[]): bigint[] {
  if (gadget === "primes") return crtFactors(primes);
  if (typeof gadget?.base !== "bigint" || gadget.base < 2n) {
    throw new InputError(
      `gadget: expected "primes" or { base: B } with a bigint B of 2n or more, got ${String(gadget?.base ?? gadget)}`,
    );
  }
  const q = product(primes);
  const factors = [1n];
  while (factors.at(-1)! * gadget.base < q) factors.push(factors.at(-1)! * gadget.base);
  return factors;
}

/**
 * Cuts each coefficient into digits, so that Σ digitᵢ·factorᵢ is the polynomial modulo q. Digits lie around 0, in
 * (−B/2, B/2] or (−qᵢ/2, qᵢ/2]: they are to be multiplied with noise, and the smaller the better. The top one of a base takes what is
 * left.
 *
 * @throws InputError if the base is below 2
 * @see SEAL 4.1.2, native/src/seal/evaluator.cpp: switch_key_inplace, whose digits lie in [0, qᵢ)
 * @example decompose([1234n, -1n], { base: 10n }, [97n, 89n]) // [ [ 4n, -1n ], [ 3n, 0n ], [ 2n, 0n ], [ 1n, 0n ] ]
 */
export function decompose(polynomial: Polynomial, gadget: Gadget, primes: readonly bigint[]): Polynomial[] {
  if (gadget === "primes") return toResidues(polynomial, primes);
  const { base } = gadget;
  const q = product(primes);
  const top = gadgetFactors(gadget, primes).length - 1;
  let rest = polynomial.map((coefficient) => centredMod(coefficient, q));
  const digits: Polynomial[] = [];
  for (let i = 0; i < top; i++) {
    const lowest = rest.map((coefficient) => centredMod(coefficient, base));
    digits.push(lowest);
    rest = rest.map((coefficient, j) => (coefficient - lowest[j]) / base);
  }
  return [...digits, rest];
}
