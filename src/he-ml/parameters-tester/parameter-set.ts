import * as z from "zod";
import { isObject } from "../arguments.js";
import { packings, type Packing } from "../crypto/packing.js";
import { securityLevels, securityTableNames } from "../crypto/security-tables.js";
import { InputError } from "../errors.js";
import { countSchema } from "../schema.js";
import { snakeFields } from "./snake-fields.js";

/** One parameter set of a test, in whatever words it was given. */
export interface ParameterSet {
  /** As it was given. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly scheme: "ckks" | "bfv";
  readonly packing: Packing;
  /** As the scheme's check takes them. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Before which layers values are encrypted afresh; or, in PyCrCNN's words, where into the growing list of layers. */
  readonly positions:
    { readonly reencryptPositions: readonly number[] } | { readonly rencryptPositions: readonly number[] };
}

const positive = z.number().positive();
const degreeSchema = z
  .int()
  .min(2)
  .refine((degree) => 2 ** Math.round(Math.log2(degree)) === degree, { error: "expected a power of two" });
const securitySchema = z.literal([...securityLevels, "teaching"], {
  error: 'expected 128, 192, 256 or "teaching"',
});

/** What every set may say. */
const common = {
  sec: securitySchema.optional(),
  security_table: z.enum(securityTableNames).optional(),
  insecure_for_teaching: z.boolean().optional(),
};
const digits = {
  base: z.int().min(2).optional(),
  integer_digits: z.int().min(1).optional(),
  fraction_digits: countSchema.optional(),
};
const modern = {
  ...common,
  security: securitySchema.optional(),
  poly_modulus_degree: degreeSchema,
  reencrypt_positions: z.array(countSchema).default([]),
};
const primesSchema = z.array(z.int().positive()).min(1);

/** PyCrCNN's: Pyfhel's names for BFV with the fractional encoder. */
const originalSchema = z.strictObject({
  m: degreeSchema,
  p: z.int().min(2),
  ...common,
  ...digits,
  rencrypt_positions: z.array(countSchema).default([]),
});

const ckksSchema = z.strictObject({
  ...modern,
  scheme: z.literal("ckks").default("ckks"),
  coeff_modulus_bits: primesSchema,
  scale_bits: positive,
  weight_scale_bits: positive.optional(),
  packing: z.enum(packings).default("batch"),
});

const bfvSchema = z.strictObject({
  ...modern,
  ...digits,
  scheme: z.literal("bfv"),
  plain_modulus: z.int().min(2),
  coeff_modulus_bits: primesSchema.optional(),
  scale_bits: positive.optional(),
  weight_scale_bits: positive.optional(),
  packing: z.enum(packings).default("scalar"),
});

/**
 * Reads one set, in PyCrCNN's words (m, p, sec, base, rencrypt_positions) or in SEAL's.
 *
 * @param where names the set in messages
 * @param insecureForTeaching whether the whole test agrees to parameters without security
 * @throws InputError if a key is missing or unknown, or its value is of a wrong type or out of range
 */
export function readParameterSet(where: string, value: unknown, insecureForTeaching: boolean): ParameterSet {
  const names = Object.keys(isObject(value) ? value : {});
  const isOriginal = ["m", "p", "rencrypt_positions", "rencryptPositions"].some((name) =>
    names.includes(name),
  );
  const isBfv = (value as { readonly scheme?: unknown } | null)?.scheme === "bfv";
  if (isOriginal) return original(where, value, insecureForTeaching);
  const fields = fieldsOf(where, value, isBfv ? bfvSchema : ckksSchema);
  const { scheme, packing, reencrypt_positions: reencryptPositions } = fields;
  const { poly_modulus_degree: polyModulusDegree, coeff_modulus_bits: coeffModulusBits } = fields;
  const { scale_bits: scaleBits, weight_scale_bits: weightScaleBits } = fields;
  const numbers = { polyModulusDegree, coeffModulusBits, scaleBits, weightScaleBits };
  return {
    given: givenBy(value, insecureForTeaching),
    scheme,
    packing,
    spec: known({
      scheme,
      ...numbers,
      ...(fields.scheme === "bfv" && { plainModulus: fields.plain_modulus, ...digitsOf(fields) }),
      ...securityOf(where, fields, insecureForTeaching),
    }),
    positions: { reencryptPositions },
  };
}

function original(where: string, value: unknown, insecureForTeaching: boolean): ParameterSet {
  const fields = fieldsOf(where, value, originalSchema);
  return {
    given: givenBy(value, insecureForTeaching),
    scheme: "bfv",
    packing: "scalar",
    spec: known({
      scheme: "bfv",
      polyModulusDegree: fields.m,
      plainModulus: fields.p,
      ...digitsOf(fields),
      ...securityOf(where, fields, insecureForTeaching),
    }),
    positions: { rencryptPositions: fields.rencrypt_positions },
  };
}

function fieldsOf<Schema extends z.ZodObject>(
  where: string,
  value: unknown,
  schema: Schema,
): z.output<Schema> {
  const parsed = schema.safeParse(snakeFields(where, value, Object.keys(schema.shape)));
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(`${where}: ${path.join(".") || "the whole"}: ${message}`);
}

interface Digits {
  readonly base?: number;
  readonly integer_digits?: number;
  readonly fraction_digits?: number;
}

const digitsOf = ({ base, integer_digits: integerDigits, fraction_digits: fractionDigits }: Digits) => ({
  base,
  integerDigits,
  fractionDigits,
});

type SecurityFields = z.output<z.ZodObject<typeof common>> & Pick<z.output<typeof ckksSchema>, "security">;

/** @throws InputError if the set says two things of its security */
function securityOf(where: string, fields: SecurityFields, insecureForTeaching: boolean) {
  const { sec, security = sec, security_table: securityTable, insecure_for_teaching: agreed } = fields;
  if (sec !== undefined && sec !== security) {
    throw new InputError(`${where}: "sec" says ${sec} and "security" ${security}; leave one of the two out`);
  }
  if (security === "teaching" && agreed === false) {
    throw new InputError(
      `${where}: "security" says "teaching" and "insecure_for_teaching" false; leave one of the two out`,
    );
  }
  // Who agrees to no security is held against no table.
  if (agreed ?? insecureForTeaching) return { security: "teaching" as const };
  return { security: security ?? 128, securityTable };
}

/** What a set says by itself is kept with it, so that a report can be read alone. */
const givenBy = (value: unknown, insecureForTeaching: boolean): Record<string, unknown> => ({
  ...(value as Record<string, unknown>),
  ...(insecureForTeaching && { insecure_for_teaching: true }),
});

const known = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined));
