import { InputError } from "../errors.js";
import type { Ciphertext } from "./encryption.js";
import type { Gadget } from "./gadget.js";
import type { ToyParameters } from "./parameters.js";
import type { Random } from "./random.js";
import type { Polynomial } from "./ring.js";
import { applyGalois, createGaloisKey, type GaloisKey } from "./rotation.js";

/**
 * The key that conjugates: X → X^(2N − 1) = X^−1 takes each root to its conjugate.
 *
 * @throws InputError if there is no special prime, which the gadget `"primes"` needs
 * @example createConjugationKey(parameters, secretKey, random).element // 15
 */
export const createConjugationKey = (
  parameters: ToyParameters,
  secretKey: Polynomial,
  random: Random,
  gadget: Gadget = "primes",
): GaloisKey => createGaloisKey(2 * parameters.polyModulusDegree - 1, parameters, secretKey, random, gadget);

/**
 * The complex conjugate of every slot. With it, real parts are (x + conjugate(x)) / 2.
 *
 * @throws InputError if there are three polynomials, the chain is not the key's, or the key is none for conjugation
 * @see SEAL 4.1.2, native/src/seal/evaluator.h: complex_conjugate
 * @example formatSlots(decode(decrypt(conjugate(encrypted, conjugationKey), secretKey))) // [1.000, −0.500, 2.000, 0.250]
 */
export function conjugate(x: Ciphertext, conjugationKey: GaloisKey): Ciphertext {
  const element = 2 * x.polynomials[0].length - 1;
  if (conjugationKey.element !== element) {
    throw new InputError(
      `conjugate: expected a key for X → X^${element}, got one for X → X^${conjugationKey.element}; ` +
        `make it with createConjugationKey`,
    );
  }
  return applyGalois(x, conjugationKey);
}
