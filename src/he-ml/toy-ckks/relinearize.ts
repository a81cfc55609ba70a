import type { Ciphertext } from "./encryption.js";
import type { Gadget } from "./gadget.js";
import { createKeySwitchKey, switchKey, type KeySwitchKey } from "./key-switch.js";
import { product } from "./modulo.js";
import type { ToyParameters } from "./parameters.js";
import { requireSize } from "./preconditions.js";
import type { Random } from "./random.js";
import { addPolynomials, multiplyPolynomials, reducePolynomial, type Polynomial } from "./ring.js";

/**
 * The key that relinearizes: it switches from s² to s.
 *
 * @throws InputError if there is no special prime, which the gadget `"primes"` needs
 * @see https://eprint.iacr.org/2016/421, section 3.4: KSGen; SEAL 4.1.2, native/src/seal/keygenerator.h: create_relin_keys
 * @example createRelinKey(parameters, secretKey, random, { base: 16n }).pairs.length // 13
 */
export const createRelinKey = (
  parameters: ToyParameters,
  secretKey: Polynomial,
  random: Random,
  gadget: Gadget = "primes",
): KeySwitchKey =>
  createKeySwitchKey(multiplyPolynomials(secretKey, secretKey), parameters, secretKey, random, gadget);

/**
 * A product's three polynomials as two that decrypt alike: c2·s² becomes k0 + k1·s by a key switch, and c0 + k0, c1 + k1 remain.
 *
 * @throws InputError if there are not three polynomials, or the chain is not the key's
 * @see https://eprint.iacr.org/2016/421, section 3.4: Mult; SEAL 4.1.2, native/src/seal/evaluator.h: relinearize
 * @example relinearize(multiply(encrypted, encrypted), relinKey).polynomials.length // 2
 */
export function relinearize(x: Ciphertext, relinKey: KeySwitchKey): Ciphertext {
  requireSize("relinearize", x, 3);
  const [c0, c1, c2] = x.polynomials;
  const [k0, k1] = switchKey(c2, x.coeffModulus, relinKey);
  const q = product(x.coeffModulus);
  const polynomials = [addPolynomials(c0, k0), addPolynomials(c1, k1)].map((polynomial) =>
    reducePolynomial(polynomial, q),
  );
  return { ...x, polynomials };
}
