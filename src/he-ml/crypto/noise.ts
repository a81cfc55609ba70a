import { lastPrime, modulusBits, type CkksParameters } from "./parameters.js";

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
  /** Rounding after a division by a prime. */
  readonly rounding: number;
  /** Switching a key (relinearizing, rotating) with `level` data primes left. */
  keySwitch(level: number): number;
}

// SEAL 4.1.2, native/src/seal/util/globals.h: noise_standard_deviation
const sigma = 3.2;

export function noiseModel(parameters: CkksParameters): NoiseModel {
  const n = parameters.polyModulusDegree;
  const toSlot = Math.sqrt(n / 2);
  // c0 + c1·s with both rounded: s has coefficients −1, 0, 1 with equal chance, so ‖s‖² ≈ 2N/3.
  const rounding = Math.sqrt((1 + (2 * n) / 3) / 12) * toSlot;
  const specialBits = Math.log2(Number(parameters.coeffModulus.at(-1)));
  return {
    fresh: Math.hypot(sigma, Math.sqrt(1 / 12)) * toSlot,
    freshPublicKey: rounding,
    encoding: Math.sqrt(1 / 12) * toSlot,
    rounding,
    keySwitch(level) {
      let variance = 0;
      for (let i = 1; i <= level; i++) {
        const digitBits = Math.log2(lastPrime(parameters, i)) - specialBits;
        variance += (n / 12) * (2 ** digitBits * sigma) ** 2;
      }
      return Math.hypot(Math.sqrt(variance) * toSlot, rounding);
    },
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
