import type { Plaintext } from "./encoding.js";
import type { PublicKey } from "./keys.js";
import { product } from "./modulo.js";
import type { ToyParameters } from "./parameters.js";
import { requireFits, requireLength, requireSameModuli } from "./preconditions.js";
import { gaussianPolynomial, ternaryPolynomial, type Random } from "./random.js";
import { addPolynomials, multiplyPolynomials, reducePolynomial, type Polynomial } from "./ring.js";
import { rlweSample } from "./rlwe.js";

/** Values that are hidden: c0 + c1·s (+ c2·s²) is their plaintext and a little noise, modulo q. */
export interface Ciphertext {
  /** c0 and c1, and of a product c2; coefficients in (−q/2, q/2]. */
  readonly polynomials: readonly Polynomial[];
  /** What is left of the chain, q its product: as many primes as levels. */
  readonly coeffModulus: readonly bigint[];
  readonly scale: number;
}

/**
 * Encrypts under the secret key: c0 = −a·s + e + m, c1 = a.
 *
 * @param a another uniform polynomial modulo q, such as one that a seed stands for; drawn if left out
 * @throws InputError if lengths differ or a coefficient does not fit into the modulus
 * @see https://eprint.iacr.org/2016/421, section 3.4; SEAL 4.1.2, native/src/seal/encryptor.h: encrypt_symmetric
 * @example encryptSymmetric(plain, secretKey, parameters, random).polynomials.length // 2
 */
export function encryptSymmetric(
  plain: Plaintext,
  secretKey: Polynomial,
  parameters: ToyParameters,
  random: Random,
  a?: Polynomial,
): Ciphertext {
  const { polyModulusDegree, coeffModulus, sigma } = parameters;
  requireLength("encryptSymmetric", "a plaintext", plain.polynomial, polyModulusDegree);
  requireLength("encryptSymmetric", "a secret key", secretKey, polyModulusDegree);
  requireFits("encryptSymmetric", plain, coeffModulus);
  const q = product(coeffModulus);
  const sample = rlweSample(secretKey, { q, sigma }, random, a);
  const c0 = reducePolynomial(addPolynomials(sample.b, plain.polynomial), q);
  return { polynomials: [c0, sample.a], coeffModulus, scale: plain.scale };
}

/**
 * Encrypts under the public key (b, a), with which everybody can: c0 = u·b + e₀ + m, c1 = u·a + e₁, where u is ternary as a
 * key is. It decrypts to m + u·e + e₀ + e₁·s: to more noise than under the secret key.
 *
 * @throws InputError if lengths or moduli differ or a coefficient does not fit into the modulus
 * @see https://eprint.iacr.org/2016/421, section 3.4: Enc. SEAL does so modulo q·P and divides by P, which leaves less noise
 * @example encrypt(plain, publicKey, parameters, random).polynomials.length // 2
 */
export function encrypt(
  plain: Plaintext,
  publicKey: PublicKey,
  parameters: ToyParameters,
  random: Random,
): Ciphertext {
  const { polyModulusDegree: n, coeffModulus, sigma } = parameters;
  requireLength("encrypt", "a plaintext", plain.polynomial, n);
  requireLength("encrypt", "a public key", publicKey.b, n);
  requireSameModuli("encrypt", coeffModulus, publicKey.coeffModulus);
  requireFits("encrypt", plain, coeffModulus);
  const q = product(coeffModulus);
  const u = ternaryPolynomial(n, random);
  const masked = (key: Polynomial) =>
    addPolynomials(multiplyPolynomials(u, key), gaussianPolynomial(n, sigma, random));
  const c0 = reducePolynomial(addPolynomials(masked(publicKey.b), plain.polynomial), q);
  const c1 = reducePolynomial(masked(publicKey.a), q);
  return { polynomials: [c0, c1], coeffModulus, scale: plain.scale };
}

/**
 * Decrypts: c0 + c1·s (+ c2·s²) modulo q, in (−q/2, q/2]. What was larger than that has wrapped around, and comes out as
 * something else; nothing tells.
 *
 * Never show a decryption to anyone who may hold its ciphertext: `recoverSecretKey` makes the key of both.
 *
 * @throws InputError if lengths differ
 * @see https://eprint.iacr.org/2016/421, section 3.4: Dec
 * @example formatSlots(decode(decrypt(encrypted, secretKey))) // [1.000, −0.500, 2.000, 0.250]
 */
export function decrypt({ polynomials, coeffModulus, scale }: Ciphertext, secretKey: Polynomial): Plaintext {
  requireLength("decrypt", "a secret key", secretKey, polynomials[0].length);
  const sum = polynomials.reduceRight((total, polynomial) =>
    addPolynomials(polynomial, multiplyPolynomials(total, secretKey)),
  );
  return { polynomial: reducePolynomial(sum, product(coeffModulus)), scale };
}
