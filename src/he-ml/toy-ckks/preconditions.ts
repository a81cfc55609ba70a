import { InputError } from "../errors.js";
import { log2, product } from "./modulo.js";
import type { Polynomial } from "./ring.js";

const degrees = Array.from({ length: 9 }, (_, i) => 2 ** (i + 2));

/** @throws InputError unless n is a power of two from 4 to 1024 */
export function requireDegree(operation: string, n: number): void {
  if (degrees.includes(n)) return;
  throw new InputError(
    `${operation}: expected a ring of ${degrees.join(", ")} coefficients, got ${n}; larger ones are the library's, he-ml`,
  );
}

/** @throws InputError unless the polynomial has n coefficients */
export function requireLength(operation: string, what: string, polynomial: Polynomial, n: number): void {
  if (polynomial.length === n) return;
  throw new InputError(
    `${operation}: expected ${what} of ${n} coefficients, got ${polynomial.length}; make both in the same ring`,
  );
}

/** @throws InputError unless both are the same moduli in the same order */
export function requireSameModuli(operation: string, a: readonly bigint[], b: readonly bigint[]): void {
  if (a.join() === b.join()) return;
  throw new InputError(
    `${operation}: expected the same moduli, got ${formatModuli(a)} and ${formatModuli(b)}; ` +
      `bring the longer chain down by modSwitch or rescale`,
  );
}

/** @throws InputError unless the second chain begins as the first one */
export function requirePartOf(operation: string, part: readonly bigint[], whole: readonly bigint[]): void {
  if (part.length > 0 && part.every((prime, i) => prime === whole[i])) return;
  throw new InputError(
    `${operation}: expected a ciphertext of the key's chain ${formatModuli(whole)}, got ${formatModuli(part)}; ` +
      `make keys and ciphertexts with the same parameters`,
  );
}

/** Scales that come of the same computation in another order differ by a few last bits of a double. */
const closeness = 2 ** -40;

/** @throws InputError unless both scales are the same */
export function requireSameScale(operation: string, a: number, b: number): void {
  if (Math.abs(a - b) <= closeness * a) return;
  throw new InputError(
    `${operation}: expected the same scale, got ${a} and ${b}; multiply one by a plaintext of the missing scale, or encode ` +
      `at the other's`,
  );
}

/** @throws InputError unless the ciphertext has that many polynomials */
export function requireSize(
  operation: string,
  { polynomials }: { readonly polynomials: readonly Polynomial[] },
  size: number,
): void {
  if (polynomials.length === size) return;
  throw new InputError(
    `${operation}: expected a ciphertext of ${size} polynomials, got ${polynomials.length}` +
      (polynomials.length === 3 ? "; relinearize it first" : ""),
  );
}

/** @throws InputError unless each coefficient lies in (−q/2, q/2), so that it comes back from the modulus as it is */
export function requireFits(
  operation: string,
  { polynomial }: { readonly polynomial: Polynomial },
  moduli: readonly bigint[],
): void {
  const q = product(moduli);
  const large = polynomial.find((coefficient) => 2n * coefficient >= q || -2n * coefficient >= q);
  if (large === undefined) return;
  throw new InputError(
    `${operation}: expected coefficients between ±${q / 2n}, half of the modulus, got ${large}; ` +
      `lower the scale or the values, or add primes`,
  );
}

/** @throws InputError as SEAL does, where a scale reaches the modulus and so leaves no room for any value */
export function requireScale(operation: string, scale: number, moduli: readonly bigint[]): void {
  const q = product(moduli);
  if (scale < Number(q)) return;
  throw new InputError(
    `${operation}: scale out of bounds: expected one below the modulus 2^${log2(q).toFixed(1)}, got 2^${Math.log2(scale).toFixed(1)}; ` +
      `rescale the factors first, or add primes`,
  );
}

const formatModuli = (moduli: readonly bigint[]): string => moduli.join("·");
