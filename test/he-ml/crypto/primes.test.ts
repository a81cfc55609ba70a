import { describe, expect, test } from "@jest/globals";
import initialize, { type MainModule } from "node-seal";
import { coeffModulusPrimes, isPrime } from "../../../src/he-ml/crypto/primes.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { checkSieve } from "./primes.js";

function sealPrimes(seal: MainModule, polyModulusDegree: number, bits: readonly number[]): bigint[] {
  using primes = seal.CoeffModulus.Create(polyModulusDegree, Int32Array.from(bits));
  return Array.from({ length: primes.size() }, (_, i) => {
    using prime = primes.get(i)!;
    return prime.value();
  });
}

describe("coeffModulusPrimes", () => {
  test("chooses the primes that SEAL's CoeffModulus.Create chooses, in the same order", async () => {
    const seal = await initialize();
    const chains = [
      [50, 60, 48, 60],
      [60, 40, 40, 40, 60],
      [60, 60, 60, 60, 60],
      [31, 26, 26, 26, 26, 26, 26, 31],
      [40, 21, 21, 40],
      [33, 34, 35, 36, 33, 36, 35, 34],
      [25, 24],
    ];
    for (const polyModulusDegree of [1024, 2048, 4096, 8192, 16384, 32768]) {
      for (const bits of chains) {
        expect({ polyModulusDegree, bits, primes: coeffModulusPrimes(polyModulusDegree, bits) }).toEqual({
          polyModulusDegree,
          bits,
          primes: sealPrimes(seal, polyModulusDegree, bits),
        });
      }
    }
    expect(coeffModulusPrimes(1024, [14, 15, 16])).toEqual(sealPrimes(seal, 1024, [14, 15, 16]));
  });

  test("refuses as soon as SEAL does: when a size has too few primes", async () => {
    const seal = await initialize();
    let count = 0;
    while (count < 60) {
      const bits = Array.from<number>({ length: count + 1 }).fill(20);
      try {
        sealPrimes(seal, 8192, bits);
      } catch {
        break;
      }
      expect(coeffModulusPrimes(8192, bits)).toHaveLength(++count);
    }
    expect(count).toBeGreaterThan(0);
    expect(() => coeffModulusPrimes(8192, Array.from<number>({ length: count + 1 }).fill(20))).toThrow(
      new InputError(
        `coeffModulusBits: there are only ${count} primes of 20 bits for polyModulusDegree 8192, ` +
          `expected ${count + 1}; choose larger primes or different sizes`,
      ),
    );
  });

  test("refuses sizes below any candidate", () => {
    expect(() => coeffModulusPrimes(32768, [16, 60])).toThrow(/only 0 primes of 16 bits/);
  });
});

describe("isPrime", () => {
  // Further on: see primes.slow.ts. The first strong pseudoprimes to base 2 are 2047, 3277 and 4033.
  test("agrees with the sieve of Eratosthenes up to 5,000", () => checkSieve(5_000));

  test("knows large primes", () => {
    // The largest below 2^60, 2^61 − 1 (Mersenne), and the largest below 2^64.
    const primes = [1152921504606846883n, 2305843009213693951n, 18446744073709551557n];
    expect(primes.map(isPrime)).toEqual([true, true, true]);
  });

  test("is not fooled by Carmichael numbers, strong pseudoprimes or squares of primes", () => {
    const composites = [
      561n,
      1729n,
      3215031751n, // strong pseudoprime to bases 2, 3, 5, 7
      3825123056546413051n, // to bases 2 to 31
      1073741789n ** 2n,
      1152921504606846883n * 3n,
    ];
    expect(composites.map(isPrime)).toEqual(composites.map(() => false));
  });
});
