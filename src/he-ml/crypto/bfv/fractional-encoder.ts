import { InputError } from "../../errors.js";
import type { Digits } from "./digits.js";
import type { BfvFractionalParameters } from "./parameters.js";

/** What the encoder needs to know. */
export type FractionalDigits = Pick<BfvFractionalParameters, "base" | "integerDigits" | "fractionDigits">;

/**
 * The digits of a value in a base: v ≈ Σ dₑ·bᵉ for −fractionDigits ≤ e < integerDigits, off by at most b^−fractionDigits / 2.
 * In base 2 all digits have the value's sign; from 3 on they are balanced, of magnitude b / 2 at most.
 *
 * This is the fractional encoder that SEAL had up to 3.1, and with it Pyfhel 2. Sums and products of polynomials are sums and
 * products of values for as long as no coefficient outgrows p / 2 and the digits before and behind the point do not meet.
 *
 * @see Dowlin et al., "Manual for Using Homomorphic Encryption for Bioinformatics", Proceedings of the IEEE 105, 2017, and
 *   SEAL 3.1, src/seal/encoder.cpp (BinaryFractionalEncoder, BalancedFractionalEncoder), which cuts fractions off where this
 *   rounds them
 * @throws InputError if the value is not finite or has more digits before its point
 * @example encodeFraction(-2.5, { base: 2, integerDigits: 64, fractionDigits: 2 }) // −X − X⁻¹ (two digits: 10.1)
 */
export function encodeFraction(value: number, parameters: FractionalDigits): Digits {
  const { base, integerDigits, fractionDigits } = parameters;
  const digits = digitsOf(scaledInteger(value, base, fractionDigits), base);
  if (digits.length > integerDigits + fractionDigits) {
    throw new InputError(
      `encode: ${value} has ${digits.length - fractionDigits} digits before the point in base ${base}, expected at most ` +
        `${integerDigits}; take more integerDigits`,
    );
  }
  const first = digits.findIndex((digit) => digit !== 0);
  if (first < 0) return { lowest: 0, coefficients: [] };
  return { lowest: first - fractionDigits, coefficients: digits.slice(first) };
}

/** Σ dₑ·bᵉ to the precision of a double, whatever the digits' magnitude. */
export function decodeFraction({ lowest, coefficients }: Digits, base: number): number {
  const b = BigInt(base);
  const integer = coefficients.reduceRight((sum, digit) => sum * b + BigInt(digit), 0n);
  return lowest >= 0 ? Number(integer * b ** BigInt(lowest)) : quotient(integer, b ** BigInt(-lowest));
}

/** value·b^digits, rounded to the nearest integer: exact, as a double is a whole number times a power of two. */
function scaledInteger(value: number, base: number, digits: number): bigint {
  const { integer, exponent } = exactly(value);
  const scaled = integer * BigInt(base) ** BigInt(digits);
  return exponent >= 0 ? scaled << BigInt(exponent) : roundedShift(scaled, BigInt(-exponent));
}

/** A double as integer·2^exponent. @throws InputError if it is not finite */
function exactly(value: number): { readonly integer: bigint; readonly exponent: number } {
  if (!Number.isFinite(value)) throw new InputError(`encode: expected a finite number, got ${value}`);
  if (value === 0) return { integer: 0n, exponent: 0 };
  // Below the last of a double's 53 bits, which is 2^-1074 at least.
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))) - 53, -1074);
  return { integer: BigInt(value / 2 ** exponent), exponent };
}

/** n / 2^bits to the nearest, halves away from zero. */
function roundedShift(n: bigint, bits: bigint): bigint {
  const magnitude = n < 0n ? -n : n;
  const rounded = (magnitude + (1n << (bits - 1n))) >> bits;
  return n < 0n ? -rounded : rounded;
}

/** Digits from the lowest; the integer's sign is all digits' in base 2. */
function digitsOf(integer: bigint, base: number): number[] {
  const sign = integer < 0n ? -1 : 1;
  let rest = integer < 0n ? -integer : integer;
  const b = BigInt(base);
  const largest = base === 2 ? 1 : Math.floor(base / 2);
  const digits: number[] = [];
  while (rest !== 0n) {
    let digit = Number(rest % b);
    rest /= b;
    if (digit > largest) {
      digit -= base;
      rest += 1n;
    }
    digits.push(digit === 0 ? 0 : sign * digit);
  }
  return digits;
}

/** n / d to the precision of a double, where either is too large for one. */
function quotient(n: bigint, d: bigint): number {
  if (n === 0n) return 0;
  const length = (x: bigint) => x.toString(16).length * 4;
  // 64 bits of quotient at least, of which a double takes 53.
  const shift = length(d) - length(n < 0n ? -n : n) + 68;
  const scaled = shift >= 0 ? (n << BigInt(shift)) / d : n / (d << BigInt(-shift));
  return Number(scaled) * 2 ** -shift;
}
