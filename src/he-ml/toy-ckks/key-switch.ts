import { InputError } from "../errors.js";
import { decompose, gadgetFactors, type Gadget } from "./gadget.js";
import { product } from "./modulo.js";
import type { ToyParameters } from "./parameters.js";
import { requireLength, requirePartOf } from "./preconditions.js";
import type { Random } from "./random.js";
import {
  addPolynomials,
  multiplyPolynomials,
  reducePolynomial,
  scalePolynomial,
  zeroPolynomial,
  type Polynomial,
} from "./ring.js";
import { divideAndRound } from "./rns.js";
import { rlweSample, type RlweSample } from "./rlwe.js";

/** Takes what is multiplied by another key to what is multiplied by the secret key; holds neither in the open. */
export interface KeySwitchKey {
  readonly gadget: Gadget;
  /** One a digit: bᵢ + aᵢ·s = eᵢ + P·factorᵢ·from, modulo q·P. */
  readonly pairs: readonly RlweSample[];
  /** The chain of q, all data primes. */
  readonly coeffModulus: readonly bigint[];
  /** P; 1 where a base is small enough to do without. */
  readonly specialPrime: bigint;
}

/**
 * A key that switches from another key, such as s², to the secret key s: encryptions of P·factorᵢ·from under s. It rests on
 * one more assumption, circular security: that encryptions of what the key itself makes up may be shown.
 *
 * @param from the other key, N coefficients
 * @param gadget `"primes"` works modulo q·P and needs a special prime; a base works modulo q
 * @throws InputError if lengths differ, or there is no special prime
 * @see SEAL 4.1.2, native/src/seal/keygenerator.cpp: generate_one_kswitch_key
 * @example createKeySwitchKey(applyAutomorphism(secretKey, 3), parameters, secretKey, random, "primes").pairs.length // 2
 */
export function createKeySwitchKey(
  from: Polynomial,
  parameters: ToyParameters,
  secretKey: Polynomial,
  random: Random,
  gadget: Gadget,
): KeySwitchKey {
  const { polyModulusDegree, coeffModulus, sigma } = parameters;
  requireLength("createKeySwitchKey", "a secret key", secretKey, polyModulusDegree);
  requireLength("createKeySwitchKey", "a key to switch from", from, polyModulusDegree);
  const specialPrime = gadget === "primes" ? parameters.specialPrime : 1n;
  if (specialPrime === undefined) {
    throw new InputError(
      `createKeySwitchKey: the gadget "primes" needs a special prime, and the parameters have the one modulus ` +
        `${coeffModulus[0]}; give a second one, or take { base: B }`,
    );
  }
  const q = product(coeffModulus) * specialPrime;
  const pairs = gadgetFactors(gadget, coeffModulus).map((factor) => {
    const { b, a } = rlweSample(secretKey, { q, sigma }, random);
    return { b: reducePolynomial(addPolynomials(b, scalePolynomial(from, specialPrime * factor)), q), a };
  });
  return { gadget, pairs, coeffModulus, specialPrime };
}

/**
 * Two polynomials c0, c1 with c0 + c1·s ≈ polynomial·from modulo q: Σ digitᵢ·bᵢ and Σ digitᵢ·aᵢ, divided by P. As digits are
 * small, so are the noises digitᵢ·eᵢ; dividing by P makes them smaller still, and adds a rounding.
 *
 * @param coeffModulus what is left of the key's chain: it serves all levels
 * @throws InputError if lengths differ or the chain is not the key's
 * @see SEAL 4.1.2, native/src/seal/evaluator.cpp: switch_key_inplace
 * @example switchKey(encrypted.polynomials[1], encrypted.coeffModulus, relinKey).length // 2
 */
export function switchKey(
  polynomial: Polynomial,
  coeffModulus: readonly bigint[],
  { gadget, pairs, coeffModulus: chain, specialPrime }: KeySwitchKey,
): [Polynomial, Polynomial] {
  requirePartOf("switchKey", coeffModulus, chain);
  requireLength("switchKey", "a polynomial", polynomial, pairs[0].a.length);
  const q = product(coeffModulus) * specialPrime;
  const digits = decompose(polynomial, gadget, coeffModulus);
  const innerProduct = (half: (pair: RlweSample) => Polynomial): Polynomial => {
    const sum = digits
      .map((digit, i) => multiplyPolynomials(digit, half(pairs[i])))
      .reduce(addPolynomials, zeroPolynomial(polynomial.length));
    return specialPrime === 1n
      ? reducePolynomial(sum, q)
      : divideAndRound(reducePolynomial(sum, q), [...coeffModulus, specialPrime]);
  };
  return [innerProduct(({ b }) => b), innerProduct(({ a }) => a)];
}
