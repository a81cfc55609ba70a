import * as z from "zod";
import { requireArgument } from "../../arguments.js";
import { InputError } from "../../errors.js";
import {
  maxCoeffModulusBits,
  mostPrimeBits,
  parametersSpecSchema,
  requireSecurity,
  unusualTable,
  type CkksParameters,
} from "../parameters.js";
import { coeffModulusPrimes } from "../primes.js";
import { nearestBatchingPrimes, takesBatching } from "./batching-primes.js";
import { defaultModulusBits } from "./default-modulus.js";

/** The largest plain modulus: what is counted modulo it is exact in a double. */
export const mostPlainModulus = 2 ** 50;

/** A double has no more bits than that before its point. */
const mostDigits = 1024;

const commonShape = {
  scheme: z.literal("bfv"),
  polyModulusDegree: z.int(),
  plainModulus: z.int().min(2).max(mostPlainModulus),
  coeffModulusBits: z.array(z.int().min(14).max(mostPrimeBits)).min(1).optional(),
  security: parametersSpecSchema.shape.security,
  securityTable: parametersSpecSchema.shape.securityTable,
};

const fractionalSpecSchema = z.strictObject({
  ...commonShape,
  encoding: z.literal("fractional").default("fractional"),
  base: z
    .int()
    .min(2)
    .max(2 ** 16)
    .default(2),
  integerDigits: z.int().min(1).max(mostDigits).default(64),
  fractionDigits: z.int().min(0).max(mostDigits).default(32),
});

const integersSpecSchema = z.strictObject({
  ...commonShape,
  encoding: z.literal("integers"),
  scaleBits: z.number().min(0).max(50),
  weightScaleBits: z.number().min(0).max(50).optional(),
});

type FractionalSpec = z.input<typeof fractionalSpecSchema>;
type IntegersSpec = z.input<typeof integersSpecSchema>;

/**
 * BFV parameters as people write them, in code or JSON. Pyfhel's `m`, `p`, `sec` and `base` are `polyModulusDegree`,
 * `plainModulus`, `security` and `base`.
 *
 * - `scheme`: `"bfv"`
 * - `polyModulusDegree` N: a power of two, 1024 to 32768
 * - `plainModulus` p: coefficients of plaintexts, or integers in slots, are counted modulo it (2 to 2^50)
 * - `coeffModulusBits`: sizes of the primes in bits (14–60), the last one special: it is used in keys only. One prime alone
 *   leaves no room for key switching, so that nothing can be relinearized. SEAL's `BFVDefault` if left out
 * - `security`, `securityTable`: as in CKKS
 * - `encoding`: `"fractional"` if left out, one value a ciphertext (packing `scalar`), or `"integers"` in N slots (packing
 *   `batch`), for which p must be a prime ≡ 1 modulo 2N
 * - of `"fractional"`: `base` (2 if left out), and how many digits a value has at most, `integerDigits` (64) and
 *   `fractionDigits` (32)
 * - of `"integers"`: `scaleBits` and `weightScaleBits`, log2 of what images and weights are multiplied by before they are
 *   rounded; `weightScaleBits` is `scaleBits` if left out
 */
export type BfvParametersSpec = FractionalSpec | IntegersSpec;

/** What follows from a specification. Where it is given too, it is held against what follows, and never believed. */
const derivedShape = {
  slots: z.int().optional(),
  levels: z.int().optional(),
  coeffModulus: z.array(z.bigint()).optional(),
};
const givenFractionalSchema = fractionalSpecSchema.extend({
  ...derivedShape,
  scaleBits: z.literal(0).optional(),
  weightScaleBits: z.literal(0).optional(),
});
const givenIntegersSchema = integersSpecSchema.extend(derivedShape);

interface BfvBase {
  readonly scheme: "bfv";
  readonly polyModulusDegree: number;
  readonly plainModulus: number;
  readonly coeffModulusBits: readonly number[];
  readonly security: CkksParameters["security"];
  /** Only where it is not the usual one, the standard of 2018. */
  readonly securityTable?: CkksParameters["securityTable"];
  /** log2 of the scale of fresh ciphertexts: 0 in the fractional encoding, where a value's digits carry its fraction. */
  readonly scaleBits: number;
  readonly weightScaleBits: number;
  /** Values in one ciphertext: 1 in the fractional encoding, N as integers. */
  readonly slots: number;
  /** BFV drops no primes: a ciphertext stands at level 1 from beginning to end. */
  readonly levels: 1;
  /** The primes themselves, in the order of `coeffModulusBits`. */
  readonly coeffModulus: readonly bigint[];
  readonly [checked]: true;
}

/** One value a ciphertext, its digits in the coefficients of a polynomial. */
export interface BfvFractionalParameters extends BfvBase {
  readonly encoding: "fractional";
  readonly base: number;
  readonly integerDigits: number;
  readonly fractionDigits: number;
}

/** Values times a scale, rounded to integers, one a slot. */
export interface BfvIntegerParameters extends BfvBase {
  readonly encoding: "integers";
}

/** Checked, frozen BFV parameters; only `checkBfvParameters` makes them. */
export type BfvParameters = BfvFractionalParameters | BfvIntegerParameters;

declare const checked: unique symbol;

/**
 * Checks BFV parameters. Whatever makes a key or opens a context does so again: at run time, a type is no promise.
 *
 * @param spec as people write it, or what this gave, copied through JSON or a thread or not
 * @throws InputError saying which field is wrong and what would do: where a plain modulus takes no batching, the nearest that
 *   do
 * @example checkBfvParameters({ scheme: "bfv", polyModulusDegree: 4096, plainModulus: 1032193 })
 * @example
 * checkBfvParameters({
 *   scheme: "bfv", polyModulusDegree: 8192, plainModulus: 1032193, encoding: "integers", scaleBits: 6, weightScaleBits: 6,
 * })
 */
export function checkBfvParameters(spec: unknown): BfvParameters {
  const isIntegers = (spec as Partial<BfvParameters> | null | undefined)?.encoding === "integers";
  const parsed = (isIntegers ? givenIntegersSchema : givenFractionalSchema).safeParse(spec);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(`BFV parameters: ${issue.path.join(".") || "the whole"}: ${issue.message}`);
  }
  const { data } = parsed;
  const { polyModulusDegree, plainModulus, security, securityTable } = data;
  const standard = defaultModulusBits(polyModulusDegree, security);
  if (!standard) {
    throw new InputError(
      `BFV parameters: polyModulusDegree: expected one of ${Object.keys(maxCoeffModulusBits).join(", ")}, ` +
        `got ${polyModulusDegree}`,
    );
  }
  const { coeffModulusBits = standard } = data;
  requireSecurity({ polyModulusDegree, security, securityTable }, coeffModulusBits);
  const coeffModulus = Object.freeze(coeffModulusPrimes(polyModulusDegree, coeffModulusBits));
  requirePlainModulus(plainModulus, coeffModulusBits, coeffModulus);
  const encoding =
    data.encoding === "integers"
      ? integersOf(polyModulusDegree, plainModulus, data)
      : fractionalOf(polyModulusDegree, plainModulus, data);
  const derived = { slots: encoding.slots, levels: 1, coeffModulus } as const;
  for (const [name, value] of Object.entries(derived)) {
    const given = data[name as keyof typeof derived];
    if (given === undefined || String(given) === String(value)) continue;
    throw new InputError(
      `BFV parameters: ${name}: expected ${String(value)}, which follows from the rest, got ${String(given).slice(0, 100)}; ` +
        `leave it out, or take parameters as checkBfvParameters gives them`,
    );
  }
  return Object.freeze({
    scheme: "bfv",
    polyModulusDegree,
    plainModulus,
    coeffModulusBits: Object.freeze([...coeffModulusBits]),
    security,
    ...unusualTable(securityTable),
    ...encoding,
    ...derived,
  } as const) as BfvParameters;
}

function fractionalOf(
  polyModulusDegree: number,
  plainModulus: number,
  spec: z.output<typeof givenFractionalSchema>,
) {
  const { encoding, base, integerDigits, fractionDigits } = spec;
  const half = polyModulusDegree / 2;
  if (integerDigits > half || fractionDigits > half) {
    throw new InputError(
      `BFV parameters: ${integerDigits} integerDigits and ${fractionDigits} fractionDigits: expected at most ${half} of ` +
        `either, half of polyModulusDegree; take fewer`,
    );
  }
  if (2 * Math.floor(base / 2) >= plainModulus) {
    throw new InputError(
      `BFV parameters: plainModulus ${plainModulus} does not hold the digits of base ${base}, which reach ` +
        `${Math.floor(base / 2)} of either sign; take a larger plainModulus or a smaller base`,
    );
  }
  return { encoding, base, integerDigits, fractionDigits, scaleBits: 0, weightScaleBits: 0, slots: 1 };
}

function integersOf(
  polyModulusDegree: number,
  plainModulus: number,
  { encoding, scaleBits, weightScaleBits = scaleBits }: z.output<typeof givenIntegersSchema>,
) {
  if (!takesBatching(polyModulusDegree, plainModulus)) {
    const { below, above } = nearestBatchingPrimes(polyModulusDegree, plainModulus, mostPlainModulus);
    const nearest = [below, above].filter((prime) => prime !== undefined);
    throw new InputError(
      `BFV parameters: plainModulus ${plainModulus} does not take integers in slots (packing batch), which a prime ≡ 1 ` +
        `modulo ${2 * polyModulusDegree} does; take ${nearest.join(" or ")}, or the encoding "fractional"`,
    );
  }
  if (scaleBits >= Math.log2(plainModulus) - 1) {
    throw new InputError(
      `BFV parameters: scaleBits ${scaleBits} leave no room for values in half of plainModulus ${plainModulus}; ` +
        `lower scaleBits or take a larger plainModulus`,
    );
  }
  return { encoding, scaleBits, weightScaleBits, slots: polyModulusDegree };
}

function requirePlainModulus(
  plainModulus: number,
  coeffModulusBits: readonly number[],
  coeffModulus: readonly bigint[],
): void {
  const data = coeffModulusBits.length === 1 ? coeffModulusBits : coeffModulusBits.slice(0, -1);
  const dataBits = data.reduce((sum, bits) => sum + bits, 0);
  if (Math.log2(plainModulus) >= dataBits - 2) {
    throw new InputError(
      `BFV parameters: plainModulus ${plainModulus} leaves no noise budget in ${dataBits} bits of data primes; ` +
        `take a smaller one, or a larger polyModulusDegree`,
    );
  }
  const shared = coeffModulus.find((prime) => BigInt(plainModulus) % prime === 0n);
  if (shared === undefined) return;
  throw new InputError(
    `BFV parameters: plainModulus ${plainModulus} is a multiple of ${shared}, one of the primes of coeffModulusBits; ` +
      `take another`,
  );
}

/** @throws InputError unless they are checked BFV parameters */
export function requireBfvParameters(
  operation: string,
  parameters: unknown,
): asserts parameters is BfvParameters {
  const { scheme, coeffModulus } = (parameters ?? {}) as Partial<BfvParameters>;
  const isRight = scheme === "bfv" && Array.isArray(coeffModulus);
  requireArgument(operation, isRight, "BFV parameters; make them with checkBfvParameters", parameters);
}
