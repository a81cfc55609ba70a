import type { Ciphertext } from "./encryption.js";
import { log2, product } from "./modulo.js";

/**
 * How many primes are left: each rescale takes one, and at 1 there is none to take.
 *
 * @example level(encrypted) // 2
 */
export const level = ({ coeffModulus }: Pick<Ciphertext, "coeffModulus">): number => coeffModulus.length;

/**
 * log2 of the modulus that is left.
 *
 * @example modulusBits({ coeffModulus: [1024n, 4n] }) // 12
 */
export const modulusBits = ({ coeffModulus }: Pick<Ciphertext, "coeffModulus">): number =>
  log2(product(coeffModulus));

/**
 * How many times values could double before they wrap around: log2(q/2) − log2(largest·scale). Below 0 there are values of that
 * size that do not come back: coefficients beyond ±q/2 are taken for others. (No coefficient exceeds largest·scale, and
 * that of a constant vector reaches it.)
 *
 * @param largest magnitude of the largest value in any slot, above 0
 * @example headroomBits({ coeffModulus: [2n ** 30n], scale: 2 ** 20 }, 4) // 7
 */
export const headroomBits = (x: Pick<Ciphertext, "coeffModulus" | "scale">, largest: number): number =>
  modulusBits(x) - 1 - Math.log2(largest * x.scale);
