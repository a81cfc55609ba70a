import { InputError } from "../errors.js";
import { addPolynomials, multiplyPolynomials, reducePolynomial, type Polynomial } from "./ring.js";
import type { RlweSample } from "./rlwe.js";

/** The most coefficients for which all keys are tried: 3^8 are 6,561, and 3^16 would be 43 million. */
const mostCoefficients = 8;

/** A key that fits, and after how many tries it was found. */
export interface EnumeratedKey {
  readonly secretKey: Polynomial;
  readonly tried: number;
}

/**
 * Tries all 3^N keys and takes the first that leaves b + a·s small: no coefficient above 6σ. Each further coefficient takes three
 * times as long.
 *
 * @param sample such as a public key
 * @param q its modulus; where it is small, other keys may fit, too
 * @throws InputError if N is above 8, or no key fits
 * @example enumerateSecretKey(rlweSample([1n, 0n, -1n, 1n], { q: 12289n, sigma: 3.2 }, random), 12289n, 3.2).secretKey // [ 1n, 0n, -1n, 1n ]
 */
export function enumerateSecretKey({ b, a }: RlweSample, q: bigint, sigma: number): EnumeratedKey {
  const n = a.length;
  if (n > mostCoefficients) {
    throw new InputError(
      `enumerateSecretKey: expected at most ${mostCoefficients} coefficients, got ${n}, for which there are 3^${n} keys; ` +
        `try latticeAttack`,
    );
  }
  const bound = BigInt(Math.ceil(6 * sigma));
  for (let tried = 1; tried <= 3 ** n; tried++) {
    const secretKey = keyOfNumber(tried - 1, n);
    const left = reducePolynomial(addPolynomials(b, multiplyPolynomials(a, secretKey)), q);
    if (left.every((coefficient) => -bound <= coefficient && coefficient <= bound)) {
      return { secretKey, tried };
    }
  }
  throw new InputError(
    `enumerateSecretKey: no key leaves noise up to ${bound}; expected b + a·s = e modulo ${q}, with e of deviation ${sigma}`,
  );
}

/** The key whose coefficients are a number's digits in base 3, less 1. */
const keyOfNumber = (number: number, n: number): Polynomial =>
  Array.from({ length: n }, (_, j) => BigInt((Math.floor(number / 3 ** j) % 3) - 1));
