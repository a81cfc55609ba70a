import { shake256 } from "@noble/hashes/sha3.js";
import { InputError } from "../errors.js";
import { centredMod } from "./modulo.js";
import type { Polynomial } from "./ring.js";

/** A source of randomness: each call gives another number in [0, 1), in steps of 2^−32 or finer. `Math.random` is one. */
export type Random = () => number;

/**
 * The same numbers for the same seed, on every machine: the stream that the hash function SHAKE256 makes of the seed's text.
 * Nobody who has not the seed can tell it from chance; but who can guess the seed knows all numbers.
 *
 * @param seed a text, or a number, which stands for its digits
 * @see FIPS 202; SEAL makes its streams in the same way, of 512-bit seeds (native/src/seal/randomgen.h)
 * @example seededRandom("lesson 2")() === seededRandom("lesson 2")() // true
 */
export function seededRandom(seed: number | string): Random {
  const stream = shake256.create({}).update(new TextEncoder().encode(String(seed)));
  let words = new DataView(new ArrayBuffer(0));
  let next = 0;
  return () => {
    if (next === words.byteLength) {
      words = new DataView(stream.xof(1024).slice().buffer);
      next = 0;
    }
    const word = words.getUint32(next);
    next += 4;
    return word / 2 ** 32;
  };
}

/**
 * n coefficients modulo q, all equally likely: the half of a ciphertext that carries nothing. In (−q/2, q/2].
 *
 * @param q 1 or more
 * @throws InputError if it is not
 * @example uniformPolynomial(8, 97n, random).length // 8
 */
export function uniformPolynomial(n: number, q: bigint, random: Random): Polynomial {
  if (q < 1n)
    throw new InputError(`uniformPolynomial: expected a modulus of 1 or more, got ${q}; take a prime`);
  const bits = (q - 1n).toString(2).length;
  return Array.from({ length: n }, () => {
    // Numbers of as many bits as q − 1, until one is below q.
    for (;;) {
      let number = 0n;
      for (let drawn = 0; drawn < bits; drawn += 32) number = (number << 32n) | word(random);
      number = BigInt.asUintN(bits, number);
      if (number < q) return centredMod(number, q);
    }
  });
}

const word = (random: Random): bigint => BigInt(Math.floor(random() * 2 ** 32));

/**
 * n coefficients −1, 0 and 1, all equally likely: how secret keys are drawn.
 *
 * @see SEAL 4.1.2, native/src/seal/util/rlwe.h: sample_poly_ternary
 * @example ternaryPolynomial(8, random).length // 8
 */
export const ternaryPolynomial = (n: number, random: Random): Polynomial =>
  Array.from({ length: n }, () => BigInt(Math.floor(3 * random()) - 1));

/**
 * n coefficients from a normal distribution around 0, rounded: how noise is drawn. Box's and Muller's method makes a normally
 * distributed number of two uniform ones, u and v: √(−2·ln u)·cos(2πv).
 *
 * @param sigma its standard deviation; 0 gives zeros
 * @throws InputError if it is below 0 or no number
 * @see SEAL 4.1.2, native/src/seal/util/rlwe.h: sample_poly_normal; by default SEAL draws a sum of 42 bits, which is alike
 * @example gaussianPolynomial(4, 0, random) // [ 0n, 0n, 0n, 0n ]
 */
export function gaussianPolynomial(n: number, sigma: number, random: Random): Polynomial {
  if (!(sigma >= 0 && sigma < Infinity)) {
    throw new InputError(
      `gaussianPolynomial: expected a standard deviation of 0 or more, got ${sigma}; take 3.2`,
    );
  }
  return Array.from({ length: n }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return BigInt(Math.round(sigma * radius * Math.cos(2 * Math.PI * random())));
  });
}
