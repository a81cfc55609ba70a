import type { Plaintext } from "./encoding.js";
import { encryptSymmetric, type Ciphertext } from "./encryption.js";
import { product } from "./modulo.js";
import type { ToyParameters } from "./parameters.js";
import { seededRandom, uniformPolynomial, type Random } from "./random.js";
import type { Polynomial } from "./ring.js";

/** A ciphertext of half the size: of c1 = a, which is random anyway, only the seed that it is drawn from. */
export interface SeededCiphertext {
  readonly c0: Polynomial;
  readonly seed: number | string;
  readonly coeffModulus: readonly bigint[];
  readonly scale: number;
}

const uniformHalf = (seed: number | string, n: number, q: bigint): Polynomial =>
  uniformPolynomial(n, q, seededRandom(seed));

/**
 * Encrypts under the secret key, with c1 drawn from a seed. The seed is public, and the noise must not come from it:
 * whoever knows both knows the key.
 *
 * @param random for the noise
 * @param seed another one for each ciphertext: the difference of two with the same c1 is that of their plaintexts and noises
 * @throws InputError if lengths differ or a coefficient does not fit into the modulus
 * @see SEAL 4.1.2, native/src/seal/encryptor.h: encrypt_symmetric, whose result is seeded when it is saved
 * @example encryptSeeded(plain, secretKey, parameters, random, "c1 of 7").seed // c1 of 7
 */
export function encryptSeeded(
  plain: Plaintext,
  secretKey: Polynomial,
  parameters: ToyParameters,
  random: Random,
  seed: number | string,
): SeededCiphertext {
  const { polyModulusDegree, coeffModulus } = parameters;
  const c1 = uniformHalf(seed, polyModulusDegree, product(coeffModulus));
  const [c0] = encryptSymmetric(plain, secretKey, parameters, random, c1).polynomials;
  return { c0, seed, coeffModulus, scale: plain.scale };
}

/**
 * The whole ciphertext: draws c1 again. It takes no key; a server does so when a ciphertext arrives.
 *
 * @example expandSeed(encryptSeeded(plain, secretKey, parameters, random, 7)).polynomials.length // 2
 */
export const expandSeed = ({ c0, seed, coeffModulus, scale }: SeededCiphertext): Ciphertext => ({
  polynomials: [c0, uniformHalf(seed, c0.length, product(coeffModulus))],
  coeffModulus,
  scale,
});
