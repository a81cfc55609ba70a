import { isPrime } from "../primes.js";

/** Whether N integers fit in the slots of a plaintext modulo `plainModulus`: a prime ≡ 1 modulo 2N. */
export function takesBatching(polyModulusDegree: number, plainModulus: number): boolean {
  return plainModulus % (2 * polyModulusDegree) === 1 && isPrime(BigInt(plainModulus));
}

/**
 * The nearest plain moduli that take batching, below and above a number; one side may have none.
 *
 * @example nearestBatchingPrimes(4096, 1_000_000) // { below: 974849, above: 1032193 }
 */
export function nearestBatchingPrimes(
  polyModulusDegree: number,
  plainModulus: number,
  largest: number,
): { readonly below?: number; readonly above?: number } {
  const step = 2 * polyModulusDegree;
  const start = Math.floor((plainModulus - 1) / step) * step + 1;
  const found = (from: number, by: number): number | undefined => {
    for (let candidate = from; candidate > 1 && candidate <= largest; candidate += by) {
      if (isPrime(BigInt(candidate))) return candidate;
    }
    return undefined;
  };
  return { below: found(start, -step), above: found(start + step, step) };
}
