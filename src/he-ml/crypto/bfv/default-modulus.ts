import type { CkksParameters } from "../parameters.js";

/**
 * Sizes in bits of the primes that SEAL takes for BFV where nobody chooses, by security and degree. What promises none takes
 * those of 128 bits.
 *
 * @see SEAL 4.1.2, native/src/seal/util/globals.cpp: GetDefaultCoeffModulus128, and what `CoeffModulus::BFVDefault` says
 */
const defaultBits: Readonly<Record<number, Readonly<Record<number, readonly number[]>>>> = {
  128: {
    1024: [27],
    2048: [54],
    4096: [36, 36, 37],
    8192: [43, 43, 44, 44, 44],
    16384: [48, 48, 48, 49, 49, 49, 49, 49, 49],
    32768: [55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 56],
  },
  192: {
    1024: [19],
    2048: [37],
    4096: [25, 25, 25],
    8192: [38, 38, 38, 38],
    16384: [50, 50, 50, 50, 50, 50],
    32768: [54, 54, 54, 54, 54, 55, 55, 55, 55, 55, 55],
  },
  256: {
    1024: [14],
    2048: [29],
    4096: [58],
    8192: [39, 39, 40],
    16384: [47, 47, 47, 48, 48],
    32768: [52, 53, 53, 53, 53, 53, 53, 53, 53],
  },
};

/** Sizes of the primes of SEAL's `CoeffModulus::BFVDefault`; undefined where there is no such degree. */
export function defaultModulusBits(
  polyModulusDegree: number,
  security: CkksParameters["security"],
): readonly number[] | undefined {
  return defaultBits[security === "teaching" ? 128 : security][polyModulusDegree];
}
