import {
  addPolynomials,
  multiplyPolynomials,
  predictedNoiseEncrypt,
  reducePolynomial,
  subtractPolynomials,
  type Polynomial,
  type RlweSample,
} from "../../../he-ml/toy-ckks/index.js";

/** What a student makes by hand: an encryption under a public key, in this ring, modulo this prime, with this noise. */
export const degree = 16;
export const sigma = 3.2;
export const q = 1073741789n;

export interface ToEncrypt {
  readonly m: Polynomial;
  readonly publicKey: RlweSample;
  readonly q: bigint;
}

export type Pair = readonly [c0: Polynomial, c1: Polynomial];

/** Twelve deviations: no honest noise is larger. */
export const bound = BigInt(Math.round(12 * predictedNoiseEncrypt({ sigma, polyModulusDegree: degree })));

export const isSmall = (polynomial: Polynomial): boolean =>
  polynomial.every((coefficient) => -bound <= coefficient && coefficient <= bound);

/** c0 + c1·s modulo q. */
export const decrypted = ([c0, c1]: Pair, secretKey: Polynomial): Polynomial =>
  reducePolynomial(addPolynomials(c0, multiplyPolynomials(c1, secretKey)), q);

/** a − b modulo q. */
export const difference = (a: Polynomial, b: Polynomial): Polynomial =>
  reducePolynomial(subtractPolynomials(a, b), q);
