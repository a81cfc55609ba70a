import { gaussianPolynomial, uniformPolynomial, type Random } from "./random.js";
import {
  addPolynomials,
  multiplyPolynomials,
  reducePolynomial,
  scalePolynomial,
  type Polynomial,
} from "./ring.js";

/** Two polynomials with b + a·s = e modulo q, where e is small. Without s, nobody can tell b from chance. */
export interface RlweSample {
  readonly b: Polynomial;
  readonly a: Polynomial;
}

/**
 * One sample of the problem that everything rests on, ring learning with errors: a is uniform modulo q, e is noise, and
 * b = −a·s + e. Ciphertexts, public keys and evaluation keys are such samples with something added to b.
 *
 * @param q modulus, above 1
 * @param sigma standard deviation of e; with 0, b and a are linear equations in s
 * @param a another uniform polynomial, such as one that a seed stands for; drawn if left out
 * @returns coefficients in (−q/2, q/2]
 * @see Lyubashevsky, Peikert, Regev, 2010, https://eprint.iacr.org/2012/230
 * @example rlweSample(secretKey, { q: 97n, sigma: 3.2 }, random).a.length // 8
 */
export function rlweSample(
  secretKey: Polynomial,
  { q, sigma }: { readonly q: bigint; readonly sigma: number },
  random: Random,
  a = uniformPolynomial(secretKey.length, q, random),
): RlweSample {
  const noise = gaussianPolynomial(secretKey.length, sigma, random);
  const masked = scalePolynomial(multiplyPolynomials(a, secretKey), -1n);
  return { b: reducePolynomial(addPolynomials(masked, noise), q), a };
}
