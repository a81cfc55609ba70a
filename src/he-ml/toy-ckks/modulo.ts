import { InputError } from "../errors.js";

/**
 * The remainder of a modulo q that lies in [0, q). (JavaScript's `%` keeps the sign of a.)
 *
 * @param q above 0
 * @example mod(-3n, 7n) // 4n
 */
export function mod(a: bigint, q: bigint): bigint {
  const remainder = a % q;
  return remainder < 0n ? remainder + q : remainder;
}

/**
 * The remainder of a modulo q that lies in (−q/2, q/2], the one nearest to 0: papers write [a]_q.
 *
 * @param q above 0
 * @example centredMod(5n, 7n) // -2n
 */
export function centredMod(a: bigint, q: bigint): bigint {
  const remainder = mod(a, q);
  return 2n * remainder > q ? remainder - q : remainder;
}

/**
 * The number x in [0, q) with a·x ≡ 1 modulo q, by Euclid's algorithm.
 *
 * @param q above 1
 * @throws InputError if a and q share a factor: then there is none
 * @example inverseMod(3n, 7n) // 5n
 */
export function inverseMod(a: bigint, q: bigint): bigint {
  // Both pairs keep remainder ≡ a·factor modulo q.
  let [remainder, next] = [q, mod(a, q)];
  let [factor, nextFactor] = [0n, 1n];
  while (next > 0n) {
    const quotient = remainder / next;
    [remainder, next] = [next, remainder - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  if (remainder !== 1n) {
    throw new InputError(
      `inverseMod: ${mod(a, q)} has no inverse modulo ${q}, as ${remainder} divides both; take a prime modulus`,
    );
  }
  return mod(factor, q);
}

/**
 * The product of all factors; 1 of none.
 *
 * @example product([97n, 193n]) // 18721n
 */
export const product = (factors: readonly bigint[]): bigint =>
  factors.reduce((total, factor) => total * factor, 1n);

/**
 * log2 of a number of any length.
 *
 * @param a above 0
 * @example log2(2n ** 2000n) // 2000
 */
export function log2(a: bigint): number {
  const bits = a.toString(2).length;
  const dropped = Math.max(0, bits - 64);
  return Math.log2(Number(a >> BigInt(dropped))) + dropped;
}

/**
 * Whether n is prime, by trial division.
 *
 * @param n whole, up to 2^31
 * @throws InputError if it is not whole, or larger: that would take long
 * @example isPrime(97) // true
 */
export function isPrime(n: number): boolean {
  if (!Number.isInteger(n) || n > 2 ** 31) {
    throw new InputError(`isPrime: expected a whole number up to 2^31, got ${n}; take a smaller one`);
  }
  if (n < 2) return false;
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}
