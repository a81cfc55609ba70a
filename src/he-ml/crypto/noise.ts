import type { EvaluatorKind } from "./evaluator-kind.js";
import { modulusBits, type CkksParameters } from "./parameters.js";

/**
 * Standard deviations of CKKS noise as it shows in the real part of a slot, in units of 1 / scale. A polynomial
 * whose N coefficients have standard deviation σ shows σ·√(N/2) there, because a slot sums the coefficients times
 * roots of unity, half of whose power is real.
 *
 * The variances follow Cheon, Kim, Kim, Song, "Homomorphic Encryption for Arithmetic of Approximate Numbers",
 * ASIACRYPT 2017, lemmas 1–4, https://eprint.iacr.org/2016/421, with SEAL's distributions.
 */
export interface NoiseModel {
  /** A fresh symmetric encryption. */
  readonly fresh: number;
  /** A fresh encryption under the public key, which SEAL makes with the special prime and divides down. */
  readonly freshPublicKey: number;
  /** Rounding an encoded vector's coefficients to integers. */
  readonly encoding: number;
  /** Rounding after a division by a prime, of a ciphertext of `size` polynomials. */
  rounding(size: number): number;
  /**
   * Switching a key (relinearizing, rotating) with `level` data primes left, as the root mean square over all slots.
   * Half of SEAL's and more sits in slot 0, which shows √(3N)/π times this figure; see `keySwitchShares`.
   */
  keySwitch(level: number): number;
  /** What the digits times the key's errors have of that; the rest is rounding. See `digitShares`. */
  keySwitchDigits(level: number): number;
}

// SEAL 4.1.2, native/src/seal/util/globals.h: noise_standard_deviation
const sigma = 3.2;

/**
 * Mean square of a digit of a key switch modulo q, in units of q². SEAL's digits are uniform in [0, q), the kernel
 * evaluator's are balanced: uniform in ±q/2.
 */
const digitMeanSquare: Readonly<Record<EvaluatorKind, number>> = { seal: 1 / 3, kernel: 1 / 12 };

/**
 * What slot 0 and each other slot have of a key switch's noise, as standard deviations relative to `keySwitch`. The mean of
 * SEAL's digits, q/2·(1 + X + …), is q/(1 − ζ) in the slot of ζ: largest in slot 0, whose ζ = exp(iπ/N) lies next to 1, so
 * that half of the power sits there. Balanced digits have no mean, and slot 0 is as any other.
 */
export function keySwitchShares(
  evaluator: EvaluatorKind,
  slots: number,
): { readonly slot0: number; readonly others: number } {
  return evaluator === "seal"
    ? { slot0: Math.sqrt(slots / 2), others: Math.sqrt(1 / 2) }
    : { slot0: 1, others: 1 };
}

/** What a slot has of key switches' digits: of their mean, and of what they differ from it. */
export interface DigitShares {
  readonly mean: number;
  readonly random: number;
}

/**
 * What one slot has of a key switch's `keySwitchDigits`, as standard deviations relative to it: by the mean of the digits,
 * which is q/(1 − ζ) in the slot of ζ = exp(iπ·5^slot/N), and by what they differ from it. Of a digit's mean square q²/3 the
 * mean makes q²/4. Slot k belongs to the power 5^k of the root (Cheon, Han, Kim, Kim, Song, "A Full RNS Variant of
 * Approximate Homomorphic Encryption", SAC 2018, https://eprint.iacr.org/2018/931; so in SEAL's encoder).
 */
export function digitShares(evaluator: EvaluatorKind, polyModulusDegree: number, slot: number): DigitShares {
  if (evaluator === "kernel") return { mean: 0, random: 1 };
  const n = polyModulusDegree;
  let power = 1;
  for (let i = 0; i < slot; i++) power = (5 * power) % (2 * n);
  // |1 − ζ| = 2·sin(π·power / 2N), and over all roots the mean of 1 / |1 − ζ|² is N / 4.
  const distance = 2 * Math.sin((Math.PI * power) / (2 * n));
  return { mean: Math.sqrt(3 / n) / distance, random: 1 / 2 };
}

/** @param evaluator whose key switches these are */
export function noiseModel(
  parameters: Pick<CkksParameters, "polyModulusDegree" | "coeffModulus">,
  evaluator: EvaluatorKind,
): NoiseModel {
  const n = parameters.polyModulusDegree;
  const toSlot = Math.sqrt(n / 2);
  // Real slots make a polynomial with mₙ₋ⱼ = −mⱼ; its rounding errors share that symmetry, so they are real in every
  // slot: √2 more in the real part than independent coefficients show.
  const encoding = Math.sqrt(1 / 12) * toSlot * Math.SQRT2;
  // c0 + c1·s + c2·s², each rounded: s has coefficients −1, 0, 1 with equal chance, so |s|² in a slot is
  // exponentially distributed with mean 2N/3, and the mean of |s|⁴ is twice that mean's square.
  const meanSquare = (2 * n) / 3;
  const rounding = (size: number) =>
    Math.sqrt((1 + meanSquare + (size > 2 ? 2 * meanSquare ** 2 : 0)) / 12) * toSlot;
  const specialBits = Math.log2(Number(parameters.coeffModulus.at(-1)));
  let variance = 0;
  const variances = parameters.coeffModulus.slice(0, -1).map((prime) => {
    const digitBits = Math.log2(Number(prime)) - specialBits;
    return (variance += n * digitMeanSquare[evaluator] * (2 ** digitBits * sigma) ** 2);
  });
  const keySwitchDigits = (level: number) => Math.sqrt(variances[level - 1]) * toSlot;
  return {
    fresh: Math.hypot(sigma * toSlot, encoding),
    freshPublicKey: rounding(2),
    encoding,
    rounding,
    keySwitch: (level) => Math.hypot(keySwitchDigits(level), rounding(2)),
    keySwitchDigits,
  };
}

/** Bits between a value at `scale` and the modulus: how much larger it may grow before it wraps around. */
export function headroomBits(
  parameters: CkksParameters,
  level: number,
  scale: number,
  magnitude: number,
): number {
  return modulusBits(parameters, level) - 1 - Math.log2(magnitude * scale);
}
