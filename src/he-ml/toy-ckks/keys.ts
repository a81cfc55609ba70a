import { product } from "./modulo.js";
import type { ToyParameters } from "./parameters.js";
import { ternaryPolynomial, type Random } from "./random.js";
import type { Polynomial } from "./ring.js";
import { rlweSample, type RlweSample } from "./rlwe.js";

/** b + a·s = e modulo the whole chain: an encryption of 0, which everybody may hold. */
export interface PublicKey extends RlweSample {
  readonly coeffModulus: readonly bigint[];
}

/**
 * A fresh secret key s: N coefficients −1, 0 and 1. Whoever has it reads everything.
 *
 * @example createSecretKey(parameters, random).length // 8
 */
export const createSecretKey = (parameters: ToyParameters, random: Random): Polynomial =>
  ternaryPolynomial(parameters.polyModulusDegree, random);

/**
 * The public key of a secret key: (−a·s + e, a).
 *
 * @see https://eprint.iacr.org/2016/421, section 3.4: KeyGen
 * @example createPublicKey(parameters, secretKey, random).b.length // 8
 */
export function createPublicKey(parameters: ToyParameters, secretKey: Polynomial, random: Random): PublicKey {
  const { coeffModulus, sigma } = parameters;
  return { ...rlweSample(secretKey, { q: product(coeffModulus), sigma }, random), coeffModulus };
}
