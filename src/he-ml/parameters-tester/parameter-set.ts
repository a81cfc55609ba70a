import * as z from "zod";
import { packings, type Packing } from "../crypto/packing.js";
import { securityLevels, securityTableNames } from "../crypto/security-tables.js";
import { InputError } from "../errors.js";
import { countSchema } from "../schema.js";
import { camelFields, snakeFields } from "./snake-fields.js";

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

const securityShape = {
  sec: securitySchema.optional(),
  security: securitySchema.optional(),
  security_table: z.enum(securityTableNames).optional(),
  insecure_for_teaching: z.boolean().optional(),
};
const digits = {
  base: z.int().min(2).optional(),
  integer_digits: z.int().min(1).optional(),
  fraction_digits: countSchema.optional(),
};
const modern = {
  ...securityShape,
  poly_modulus_degree: degreeSchema,
  reencrypt_positions: z.array(countSchema).default([]),
};
const primesSchema = z.array(z.int().positive()).min(1);

/** PyCrCNN's: Pyfhel's names for BFV with the fractional encoder. */
const originalSchema = z.strictObject({
  m: degreeSchema,
  p: z.int().min(2),
  ...securityShape,
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

const bfv = {
  ...modern,
  scheme: z.literal("bfv"),
  plain_modulus: z.int().min(2),
  coeff_modulus_bits: primesSchema.optional(),
};

/** One value a ciphertext, by its digits. */
const fractionalSchema = z.strictObject({
  ...bfv,
  ...digits,
  packing: z.literal("scalar").default("scalar"),
});

/** Integers in slots. */
const integersSchema = z.strictObject({
  ...bfv,
  scale_bits: positive,
  weight_scale_bits: positive.optional(),
  packing: z.enum(packings).exclude(["scalar"]),
});

/**
 * Reads one set, in PyCrCNN's words (m, p, sec, base, rencrypt_positions) or in SEAL's.
 *
 * @param where names the set in messages
 * @param insecureForTeaching whether the whole test agrees to parameters without security
 * @throws InputError if a key is missing or unknown, or its value is of a wrong type or out of range
 */
export function readParameterSet(where: string, value: unknown, insecureForTeaching: boolean): ParameterSet {
  const { scheme, packing, positions, ...fields } = fieldsOfSet(where, value);
  const { sec, security, security_table, insecure_for_teaching, ...numbers } = fields;
  return {
    // What holds for all sets is kept with each, so that its result can be read alone.
    given: {
      ...(value as Record<string, unknown>),
      ...(insecureForTeaching && { insecure_for_teaching: true }),
    },
    scheme,
    packing,
    spec: withoutUndefined({
      scheme,
      ...camelFields(numbers),
      ...securityOf(where, { sec, security, security_table, insecure_for_teaching }, insecureForTeaching),
    }),
    positions,
  };
}

const originalNames = ["m", "p", "rencrypt_positions", "rencryptPositions"];

/** The set's fields by their modern names. */
function fieldsOfSet(where: string, value: unknown) {
  const { scheme, packing } = (value ?? {}) as { readonly scheme?: unknown; readonly packing?: unknown };
  if (Object.keys(value ?? {}).some((name) => originalNames.includes(name))) {
    const { m, p, rencrypt_positions, ...fields } = fieldsOf(where, value, originalSchema);
    return {
      ...fields,
      ...({ scheme: "bfv", packing: "scalar", encoding: "fractional" } as const),
      ...{ poly_modulus_degree: m, plain_modulus: p },
      positions: { rencryptPositions: rencrypt_positions },
    };
  }
  const { reencrypt_positions, ...fields } =
    scheme !== "bfv"
      ? fieldsOf(where, value, ckksSchema)
      : packing === undefined || packing === "scalar"
        ? { ...fieldsOf(where, value, fractionalSchema), encoding: "fractional" as const }
        : { ...fieldsOf(where, value, integersSchema), encoding: "integers" as const };
  return { ...fields, positions: { reencryptPositions: reencrypt_positions } };
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

type SecurityFields = z.output<z.ZodObject<typeof securityShape>>;

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

const withoutUndefined = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined));
