import * as z from "zod";
import { isObject, requireArgument, requireList } from "../arguments.js";
import { InputError } from "../errors.js";
import { coeffModulusPrimes } from "./primes.js";
import {
  formatSecurity,
  maxCoeffModulusBits,
  mostModulusBits,
  securityLevels,
  securityTable as tableOf,
  securityTableNames,
  type SecureRing,
  type SecurityLevel,
  type SecurityTableName,
} from "./security-tables.js";

export { maxCoeffModulusBits };

/** Bits that a prime may have at most. @see SEAL 4.1.2, native/src/seal/util/defines.h: SEAL_USER_MOD_BIT_COUNT_MAX */
export const mostPrimeBits = 60;

export const parametersSpecSchema = z.strictObject({
  scheme: z
    .literal("ckks", { error: 'expected "ckks"; BFV parameters are made with checkBfvParameters' })
    .default("ckks"),
  polyModulusDegree: z.int(),
  coeffModulusBits: z.array(z.int().min(14).max(mostPrimeBits)).min(2),
  scaleBits: z.number().min(8).max(120),
  weightScaleBits: z.number().min(4).max(60).optional(),
  security: z
    .literal([...securityLevels, "teaching"], { error: 'expected 128, 192, 256 or "teaching"' })
    .default(128),
  securityTable: z.enum(securityTableNames, { error: 'expected "2018" or "2024"' }).optional(),
});

/** What `parametersSpec` gives: all fields, `securityTable` where it is not the usual one. */
export const writtenParametersSchema = parametersSpecSchema
  .omit({ securityTable: true })
  .required()
  .extend({ securityTable: parametersSpecSchema.shape.securityTable });

/**
 * CKKS parameters as people write them, in code or JSON.
 *
 * - `polyModulusDegree` N: a power of two; a ciphertext has N / 2 slots
 * - `coeffModulusBits`: sizes of the primes in bits (14–60), the last one special: it is used in keys only
 * - `scaleBits`: log2 of the scale at which inputs are encoded; layers rescale down to it
 * - `weightScaleBits`: log2 of the scale at which weights are encoded; `scaleBits` if left out
 * - `security`: 128 bits unless 192, 256, or `"teaching"` is asked for by name, which promises none
 * - `securityTable`: by which table, `"2018"` (the HomomorphicEncryption.org standard) if left out, or `"2024"` (the
 *   guidelines of Bossuat et al., a few bits stricter)
 */
export type ParametersSpec = z.input<typeof parametersSpecSchema>;

/** A specification with nothing left open. */
export type WrittenParameters = Required<Omit<ParametersSpec, "securityTable">> &
  Pick<ParametersSpec, "securityTable">;

/** What follows from a specification. Where it is given too, it is held against what follows, and never believed. */
const givenSchema = parametersSpecSchema.extend({
  slots: z.int().optional(),
  levels: z.int().optional(),
  coeffModulus: z.array(z.bigint()).optional(),
});

/** Checked, frozen CKKS parameters; only `checkParameters` makes them. */
export interface CkksParameters {
  readonly scheme: "ckks";
  readonly polyModulusDegree: number;
  readonly coeffModulusBits: readonly number[];
  readonly scaleBits: number;
  readonly weightScaleBits: number;
  readonly security: SecurityLevel | "teaching";
  /** Only where it is not the usual one, the standard of 2018. */
  readonly securityTable?: SecurityTableName;
  /** Values in one ciphertext, N / 2. */
  readonly slots: number;
  /** Data primes, the level of a fresh ciphertext. */
  readonly levels: number;
  /** The primes themselves, in the order of `coeffModulusBits`. */
  readonly coeffModulus: readonly bigint[];
  readonly [checked]: true;
}

declare const checked: unique symbol;

/**
 * Checks parameters. Whatever makes a key or opens a context does so again: at run time, a type is no promise.
 *
 * @param spec as people write it, or what this gave, copied through JSON or a thread or not
 * @throws InputError saying which field is wrong and what would do, also where derived fields (slots, levels,
 *   coeffModulus) are given and are not those that follow
 * @example checkParameters({ polyModulusDegree: 8192, coeffModulusBits: [50, 60, 48, 60], scaleBits: 20 })
 */
export function checkParameters(spec: unknown): CkksParameters {
  const parsed = givenSchema.safeParse(spec);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(`parameters: ${issue.path.join(".") || "the whole"}: ${issue.message}`);
  }
  const { polyModulusDegree, coeffModulusBits, scaleBits, weightScaleBits, security, securityTable } =
    parsed.data;
  const degrees = Object.keys(maxCoeffModulusBits).map(Number);
  if (!degrees.includes(polyModulusDegree)) {
    throw new InputError(
      `parameters: polyModulusDegree: expected one of ${degrees.join(", ")}, got ${polyModulusDegree}`,
    );
  }
  requireSecurity({ polyModulusDegree, security, securityTable }, coeffModulusBits);

  const dataBits = coeffModulusBits.slice(0, -1).reduce((sum, bits) => sum + bits, 0);
  if (scaleBits >= dataBits - 1) {
    throw new InputError(
      `parameters: scaleBits ${scaleBits} leave no room for values in ${dataBits} bits of data primes ` +
        `[${coeffModulusBits.slice(0, -1).join(", ")}]; lower scaleBits or add primes`,
    );
  }
  const derived = {
    slots: polyModulusDegree / 2,
    levels: coeffModulusBits.length - 1,
    coeffModulus: Object.freeze(coeffModulusPrimes(polyModulusDegree, coeffModulusBits)),
  };
  for (const [name, value] of Object.entries(derived)) {
    const given = parsed.data[name as keyof typeof derived];
    if (given === undefined || String(given) === String(value)) continue;
    throw new InputError(
      `parameters: ${name}: expected ${String(value)}, which follows from the rest, got ${String(given).slice(0, 100)}; ` +
        `leave it out, or take parameters as checkParameters gives them`,
    );
  }
  return Object.freeze({
    scheme: "ckks",
    polyModulusDegree,
    coeffModulusBits: Object.freeze([...coeffModulusBits]),
    scaleBits,
    weightScaleBits: weightScaleBits ?? Math.min(scaleBits, 60),
    security,
    ...unusualTable(securityTable),
    ...derived,
  } as const) as CkksParameters;
}

/** @throws InputError unless they are checked parameters; a sign is enough, as `checkParameters` alone makes them */
export function requireParameters(
  operation: string,
  parameters: unknown,
): asserts parameters is CkksParameters {
  const { scheme, coeffModulusBits, coeffModulus } = (parameters ?? {}) as Partial<CkksParameters>;
  if ((scheme as string | undefined) === "bfv") {
    throw new InputError(
      `${operation}: expected CKKS parameters, got those of BFV, which runs layer by layer alone; ` +
        `build its layers with buildFromModel or buildFromPytorch`,
    );
  }
  const isRight = Array.isArray(coeffModulusBits) && Array.isArray(coeffModulus);
  requireArgument(operation, isRight, "parameters; make them with checkParameters", parameters);
}

/** Checked parameters as people write them, ready for JSON. @throws InputError if they are none */
export function parametersSpec(parameters: CkksParameters): WrittenParameters {
  requireParameters("parametersSpec", parameters);
  const { scheme, polyModulusDegree, coeffModulusBits, scaleBits, weightScaleBits } = parameters;
  const { security, securityTable } = parameters;
  return {
    scheme,
    polyModulusDegree,
    coeffModulusBits: [...coeffModulusBits],
    scaleBits,
    weightScaleBits,
    security,
    ...unusualTable(securityTable),
  };
}

/** The usual table is not written, so that parameters from before there were others read and name themselves the same. */
export const unusualTable = (securityTable: SecurityTableName | undefined) =>
  securityTable === undefined || securityTable === "2018" ? {} : { securityTable };

/** Whether keys and ciphertexts under one are good under the other. */
export function sameParameters(a: CkksParameters, b: CkksParameters): boolean {
  return JSON.stringify(parametersSpec(a)) === JSON.stringify(parametersSpec(b));
}

/** @throws InputError if primes of these sizes are more than the degree allows at a security */
export function requireSecurity(
  ring: Omit<SecureRing, "security"> & { readonly security: SecurityLevel | "teaching" },
  coeffModulusBits: readonly number[],
): void {
  const { polyModulusDegree, security, securityTable } = ring;
  if (security === "teaching") {
    if (securityTable === undefined) return;
    throw new InputError(
      `parameters: securityTable: "teaching" is held against no table, got "${securityTable}"; leave it out`,
    );
  }
  const total = coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
  const allowed = mostModulusBits({ polyModulusDegree, security, securityTable });
  if (total <= allowed) return;
  const enough = Object.keys(maxCoeffModulusBits)
    .map(Number)
    .find((degree) => mostModulusBits({ security, securityTable, polyModulusDegree: degree }) >= total);
  const table = tableOf(security, securityTable);
  throw new InputError(
    `parameters: ${total} coefficient-modulus bits at polyModulusDegree ${polyModulusDegree} are below ${formatSecurity({ security, securityTable })}, which ` +
      (polyModulusDegree in table
        ? `allows ${allowed}; drop ${total - allowed} bits` + (enough ? ` or ` : "")
        : `the table has not at this degree; `) +
      (enough ? `use polyModulusDegree ${enough}` : "") +
      ` (to learn without security, ask for "security": "teaching")`,
  );
}

/** The prime that a rescale divides by when `level` data primes are left. */
export function lastPrime(parameters: Pick<CkksParameters, "coeffModulus">, level: number): number {
  return Number(parameters.coeffModulus[level - 1]);
}

/** log2 of the product of the first `level` data primes. */
export function modulusBits(parameters: Pick<CkksParameters, "coeffModulus">, level: number): number {
  let bits = 0;
  for (let i = 0; i < level; i++) bits += Math.log2(Number(parameters.coeffModulus[i]));
  return bits;
}

/** The chain as people write it: data primes, then the special one. `[50, 60, 48 | 60]` @throws InputError if there is none */
export function formatChain(parameters: Pick<CkksParameters, "coeffModulusBits">): string {
  requireArgument(
    "formatChain",
    isObject(parameters),
    "parameters; make them with checkParameters",
    parameters,
  );
  const { coeffModulusBits } = parameters;
  requireList<number>(
    "formatChain",
    coeffModulusBits,
    "coeffModulusBits, a list of numbers",
    Number.isInteger,
  );
  return `[${coeffModulusBits.slice(0, -1).join(", ")} | ${coeffModulusBits.at(-1)}]`;
}

/** Parameters in short, for one line about what was made with them. */
export function formatParameters(parameters: CkksParameters): string {
  return `N = ${parameters.polyModulusDegree}, primes ${formatChain(parameters)}, ${formatSecurity(parameters)}`;
}
