import { InputError } from "../errors.js";
import { powerMod } from "../kernels/roots.js";

// The first twelve primes as bases make Miller–Rabin exact below 3.18·10^23, far above 2^60.
// Sorenson and Webster, "Strong pseudoprimes to twelve prime bases", 2015, https://arxiv.org/abs/1509.00864
const witnesses = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n];

/** Whether `n` is prime; exact for n < 3.18·10^23. */
export function isPrime(n: bigint): boolean {
  if (n < 2n) return false;
  for (const p of witnesses) if (n % p === 0n) return n === p;
  let odd = n - 1n;
  let twos = 0;
  for (; (odd & 1n) === 0n; odd >>= 1n) twos++;
  return witnesses.every((witness) => {
    let x = powerMod(witness, odd, n);
    if (x === 1n || x === n - 1n) return true;
    for (let i = 1; i < twos; i++) {
      x = (x * x) % n;
      if (x === n - 1n) return true;
    }
    return false;
  });
}

/**
 * The primes that SEAL's `CoeffModulus::Create` chooses: for each bit size the largest primes ≡ 1 modulo 2N,
 * handed out in ascending order. Knowing them without SEAL lets plans and the clear twin compute exact scales.
 *
 * @see https://github.com/microsoft/SEAL/blob/4.1.2/native/src/seal/modulus.cpp (CoeffModulus::Create)
 * @param polyModulusDegree N, a power of two
 * @param bitSizes sizes of the wanted primes, in the order of the chain
 * @throws InputError if there are not enough primes of a size
 * @example coeffModulusPrimes(8192, [50, 60, 48, 60])
 */
export function coeffModulusPrimes(polyModulusDegree: number, bitSizes: readonly number[]): bigint[] {
  const step = 2n * BigInt(polyModulusDegree);
  const available = new Map<number, bigint[]>();
  for (const bits of new Set(bitSizes)) {
    const wanted = bitSizes.filter((size) => size === bits).length;
    const found: bigint[] = [];
    const smallest = 1n << BigInt(bits - 1);
    for (
      let candidate = ((2n * smallest - 1n) / step) * step + 1n;
      found.length < wanted;
      candidate -= step
    ) {
      if (candidate < smallest) {
        throw new InputError(
          `coeffModulusBits: there are only ${found.length} primes of ${bits} bits for polyModulusDegree ` +
            `${polyModulusDegree}, expected ${wanted}; choose larger primes or different sizes`,
        );
      }
      if (candidate < 2n * smallest && isPrime(candidate)) found.push(candidate);
    }
    available.set(bits, found);
  }
  return bitSizes.map((bits) => available.get(bits)!.pop()!);
}
