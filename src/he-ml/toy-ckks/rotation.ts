import { InputError } from "../errors.js";
import type { Ciphertext } from "./encryption.js";
import { slotExponents } from "./embedding.js";
import type { Gadget } from "./gadget.js";
import { createKeySwitchKey, switchKey, type KeySwitchKey } from "./key-switch.js";
import { product } from "./modulo.js";
import type { ToyParameters } from "./parameters.js";
import { requireSize } from "./preconditions.js";
import type { Random } from "./random.js";
import { addPolynomials, reducePolynomial, type Polynomial } from "./ring.js";

/** A key switch from s(X^element) to s, for one automorphism X → X^element. */
export interface GaloisKey extends KeySwitchKey {
  readonly element: number;
}

/**
 * The polynomial m(X^element): X^j goes to X^(element·j), whose exponent is brought below N by X^N = −1. Its value at a root ζ^e is
 * what m has at ζ^(element·e): the slots change places, and nothing else.
 *
 * @param element odd, so that roots go to roots; it counts modulo 2N
 * @throws InputError if it is even
 * @example formatPolynomial(applyAutomorphism([1n, 2n, 3n, 4n], 3)) // 1 + 4X − 3X² + 2X³
 */
export function applyAutomorphism(polynomial: Polynomial, element: number): Polynomial {
  const n = polynomial.length;
  if (!Number.isInteger(element) || element % 2 === 0) {
    throw new InputError(
      `applyAutomorphism: expected an odd exponent, got ${element}; only odd powers take roots of X^N + 1 to roots`,
    );
  }
  const result = new Array<bigint>(n).fill(0n);
  polynomial.forEach((coefficient, j) => {
    const exponent = (((element * j) % (2 * n)) + 2 * n) % (2 * n);
    if (exponent < n) result[exponent] = coefficient;
    else result[exponent - n] = -coefficient;
  });
  return result;
}

/**
 * The exponent of X → X^(3^step), which moves values `step` slots to the left, around the end.
 *
 * @param step whole; below 0 to the right
 * @param n N
 * @throws InputError if the step is not whole
 * @see SEAL 4.1.2, native/src/seal/util/galois.h: get_elt_from_step
 * @example galoisElement(2, 8) // 9
 */
export function galoisElement(step: number, n: number): number {
  if (!Number.isInteger(step)) {
    throw new InputError(`galoisElement: expected a whole step, got ${step}; round it`);
  }
  const exponents = slotExponents(n);
  const { length } = exponents;
  return exponents[((step % length) + length) % length];
}

/**
 * The key for one automorphism.
 *
 * @param element odd
 * @throws InputError if it is even, or there is no special prime, which the gadget `"primes"` needs
 * @see SEAL 4.1.2, native/src/seal/keygenerator.h: create_galois_keys
 * @example createGaloisKey(5, parameters, secretKey, random).element // 5
 */
export const createGaloisKey = (
  element: number,
  parameters: ToyParameters,
  secretKey: Polynomial,
  random: Random,
  gadget: Gadget = "primes",
): GaloisKey => ({
  element,
  ...createKeySwitchKey(applyAutomorphism(secretKey, element), parameters, secretKey, random, gadget),
});

/**
 * An automorphism of what is encrypted. c0(X^g) + c1(X^g)·s(X^g) decrypts under s(X^g); a key switch brings the second part back under s.
 *
 * @throws InputError if there are three polynomials, or the chain is not the key's
 * @see SEAL 4.1.2, native/src/seal/evaluator.h: apply_galois
 * @example applyGalois(encrypted, createGaloisKey(5, parameters, secretKey, random)).polynomials.length // 2
 */
export function applyGalois(x: Ciphertext, key: GaloisKey): Ciphertext {
  requireSize("applyGalois", x, 2);
  const [c0, c1] = x.polynomials.map((polynomial) => applyAutomorphism(polynomial, key.element));
  const [k0, k1] = switchKey(c1, x.coeffModulus, key);
  return { ...x, polynomials: [reducePolynomial(addPolynomials(c0, k0), product(x.coeffModulus)), k1] };
}

/**
 * The key that rotates by one step.
 *
 * @param step whole, slots to the left; below 0 to the right
 * @throws InputError if the step is not whole, or there is no special prime, which the gadget `"primes"` needs
 * @example createRotationKey(1, parameters, secretKey, random).element // 3
 */
export const createRotationKey = (
  step: number,
  parameters: ToyParameters,
  secretKey: Polynomial,
  random: Random,
  gadget: Gadget = "primes",
): GaloisKey =>
  createGaloisKey(galoisElement(step, parameters.polyModulusDegree), parameters, secretKey, random, gadget);

/**
 * Moves the values by the key's step to the left: slot k gets what was in slot k + step, around the end.
 *
 * @throws InputError if there are three polynomials, the chain is not the key's, or the key is none for a rotation
 * @see SEAL 4.1.2, native/src/seal/evaluator.h: rotate_vector
 * @example formatSlots(decode(decrypt(rotate(encrypted, rotationKey), secretKey))) // [−0.500, 2.000, 0.250, 1.000]
 */
export function rotate(x: Ciphertext, rotationKey: GaloisKey): Ciphertext {
  if (!slotExponents(x.polynomials[0].length).includes(rotationKey.element)) {
    throw new InputError(
      `rotate: expected a key for a power of 3 modulo 2N, got one for X → X^${rotationKey.element}; ` +
        `make it with createRotationKey, or call applyGalois`,
    );
  }
  return applyGalois(x, rotationKey);
}
