import { InputError } from "../errors.js";
import { isPrime, product } from "./modulo.js";
import { requireDegree } from "./preconditions.js";

/** What `toyParameters` takes; one of `coeffModulus` and `coeffModulusBits`. */
export interface ToyParametersSpec {
  /** N, a power of two from 4 to 1024; there are N / 2 slots. */
  readonly polyModulusDegree: number;
  /** Moduli, no two of which share a factor. The last one is special, where there are two or more. */
  readonly coeffModulus?: readonly bigint[];
  /** Their sizes instead, from 3 to 31 bits each: the largest primes of that size are taken. */
  readonly coeffModulusBits?: readonly number[];
  /** Δ, by which values are multiplied before they are rounded. */
  readonly scale: number;
  /** σ, the standard deviation of fresh noise; 3.2 if left out. With 0 nothing is hidden. */
  readonly sigma?: number;
}

/** Checked parameters. They promise no security: a ring of 1024 coefficients is too small for any chain. */
export interface ToyParameters {
  readonly polyModulusDegree: number;
  /** N / 2. */
  readonly slots: number;
  /** The data primes q₁ … q_L, of which a fresh ciphertext has all, and each rescale drops the last. */
  readonly coeffModulus: readonly bigint[];
  /** P, which is used in keys only; none where a single modulus was given. */
  readonly specialPrime?: bigint;
  readonly scale: number;
  readonly sigma: number;
}

/**
 * Checks parameters, and finds the primes.
 *
 * @throws InputError saying which field is wrong and what would do
 * @example toyParameters({ polyModulusDegree: 8, coeffModulusBits: [12, 8, 12], scale: 256 }).coeffModulus // [ 4093n, 251n ]
 */
export function toyParameters(spec: ToyParametersSpec): ToyParameters {
  const { polyModulusDegree: n, scale, sigma = 3.2 } = spec;
  requireDegree("toyParameters: polyModulusDegree", n);
  const moduli = moduliOf(spec);
  moduli.forEach((modulus, i) => {
    if (modulus < 2n) refuse("coeffModulus", "numbers above 1", modulus, "take primes");
    for (const other of moduli.slice(0, i)) {
      if (greatestCommonDivisor(modulus, other) !== 1n) {
        refuse(
          "coeffModulus",
          "moduli that share no factor",
          `${other} and ${modulus}`,
          "take primes, each once",
        );
      }
    }
  });
  const special = moduli.length > 1 ? moduli.at(-1) : undefined;
  const coeffModulus = special === undefined ? moduli : moduli.slice(0, -1);
  if (!(scale >= 1 && scale < Number(product(coeffModulus)))) {
    refuse(
      "scale",
      `a number from 1 to below the modulus ${product(coeffModulus)}`,
      scale,
      "add primes or lower it",
    );
  }
  if (!(sigma >= 0 && sigma < 2 ** 20))
    refuse("sigma", "a number from 0 to below 2^20", sigma, "leave it out for 3.2");
  return Object.freeze({
    polyModulusDegree: n,
    slots: n / 2,
    coeffModulus: Object.freeze([...coeffModulus]),
    ...(special === undefined ? {} : { specialPrime: special }),
    scale,
    sigma,
  });
}

function moduliOf({ coeffModulus, coeffModulusBits }: ToyParametersSpec): readonly bigint[] {
  if ((coeffModulus === undefined) === (coeffModulusBits === undefined)) {
    refuse("coeffModulus", "it or coeffModulusBits", coeffModulus ? "both" : "neither", "give one of them");
  }
  const given = coeffModulus ?? coeffModulusBits!;
  if (!Array.isArray(given) || given.length === 0)
    refuse("coeffModulus", "a list of one or more", given, "add one");
  if (coeffModulus) {
    const wrong = coeffModulus.find((modulus) => typeof modulus !== "bigint");
    if (wrong !== undefined) refuse("coeffModulus", "bigints", wrong, `write ${String(wrong)}n`);
    return coeffModulus;
  }
  const primes: bigint[] = [];
  for (const bits of coeffModulusBits!) {
    if (!Number.isInteger(bits) || bits < 3 || bits > 31) {
      refuse("coeffModulusBits", "sizes from 3 to 31", bits, "give larger primes as coeffModulus");
    }
    let candidate = 2 ** bits - 1;
    while (!isPrime(candidate) || primes.includes(BigInt(candidate))) candidate--;
    if (candidate < 2 ** (bits - 1)) {
      refuse(
        "coeffModulusBits",
        `fewer primes of ${bits} bits`,
        `[${coeffModulusBits!.join(", ")}]`,
        "take larger ones",
      );
    }
    primes.push(BigInt(candidate));
  }
  return primes;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}

function refuse(field: string, expected: string, got: unknown, remedy: string): never {
  throw new InputError(`toyParameters: ${field}: expected ${expected}, got ${String(got)}; ${remedy}`);
}
