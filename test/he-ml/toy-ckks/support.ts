import * as fc from "fast-check";
import * as toy from "../../../src/he-ml/toy-ckks/index.js";

/** A party that has everything: parameters, keys and a source of randomness. */
export function open(
  spec: Parameters<typeof toy.toyParameters>[0],
  seed: number | string,
  gadget: toy.Gadget = "primes",
) {
  const random = toy.seededRandom(seed);
  const parameters = toy.toyParameters(spec);
  const secretKey = toy.createSecretKey(parameters, random);
  const relinKey = toy.createRelinKey(parameters, secretKey, random, gadget);
  return {
    random,
    parameters,
    secretKey,
    relinKey,
    encrypt: (values: readonly (number | toy.Complex)[], scale = parameters.scale) =>
      toy.encryptSymmetric(toy.encode(values, parameters, scale), secretKey, parameters, random),
    decrypt: (ciphertext: toy.Ciphertext) => toy.decode(toy.decrypt(ciphertext, secretKey)),
  };
}

/** Polynomials of the same length, a power of two up to 64, with coefficients of up to 40 bits. */
export const polynomials = (count: number): fc.Arbitrary<bigint[][]> =>
  fc.integer({ min: 0, max: 6 }).chain((log) =>
    fc.array(fc.array(fc.bigInt(-(2n ** 40n), 2n ** 40n), { minLength: 2 ** log, maxLength: 2 ** log }), {
      minLength: count,
      maxLength: count,
    }),
  );

/** By the definition: X^i · X^j is X^(i + j), and −X^(i + j − N) from N on. */
export function schoolbook(a: toy.Polynomial, b: toy.Polynomial): bigint[] {
  const n = a.length;
  const result = new Array<bigint>(n).fill(0n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) result[(i + j) % n] += i + j < n ? a[i] * b[j] : -a[i] * b[j];
  return result;
}

/** Values uniform in [-1, 1), complex ones. */
export const randomSlots = (count: number, random: toy.Random): toy.Complex[] =>
  Array.from({ length: count }, () => toy.complex(2 * random() - 1, 2 * random() - 1));

export const multiplyComplex = (a: toy.Complex, b: toy.Complex): toy.Complex =>
  toy.complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);

export const largest = (errors: readonly number[]): number => Math.max(...errors);
