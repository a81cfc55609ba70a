import { expect } from "@jest/globals";
import { isPrime } from "../../../src/he-ml/crypto/primes.js";

/** `isPrime` agrees with the sieve of Eratosthenes on the numbers up to `most`. */
export function checkSieve(most: number): void {
  const composite = new Uint8Array(most + 1);
  for (let i = 2; i * i <= most; i++) {
    for (let j = i * i; j <= most; j += i) composite[j] = 1;
  }
  for (let n = 2; n <= most; n++) {
    if (isPrime(BigInt(n)) !== (composite[n] === 0)) throw new Error(`wrong about ${n}`);
  }
  expect([isPrime(-7n), isPrime(0n), isPrime(1n)]).toEqual([false, false, false]);
}
