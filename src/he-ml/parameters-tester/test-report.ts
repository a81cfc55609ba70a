import * as z from "zod";
import { packings } from "../crypto/packing.js";
import { countSchema, measuredSchema, shapeSchema, type TypeOf } from "../schema.js";

// The report of the parameter tester: plain JSON in PyCrCNN's snake case, which figures, tables and a resumed sweep read.

const errorsSchema = z.strictObject({
  /** Largest absolute error over all images and values. */
  max_error: measuredSchema,
  /** Mean absolute error. */
  mean_error: measuredSchema,
  /** Root mean square error. */
  rms_error: measuredSchema,
  /** 99th percentile of the absolute error. */
  p99_error: measuredSchema,
  /** −log2(max_error / largest plain magnitude), from 0 to 53. */
  precision_bits: measuredSchema,
  /** Images whose largest value lies at another place than in the clear, in any of the slots that they fill. */
  argmax_flips: countSchema,
});

const stateSchema = z.strictObject({
  /** BFV's invariant noise budget in bits, the least of all ciphertexts; null in CKKS, which has none. */
  noise_budget: z.number().min(0).nullable(),
  /** CKKS: data primes left; null in BFV, which drops none. */
  level: countSchema.nullable(),
  /** log2 of the scale; null where values carry none (the fractional encoder). */
  scale_bits: z.number().nullable(),
  /** CKKS: bits of the modulus left above the largest scaled value; null in BFV. */
  headroom_bits: z.number().nullable(),
});

/** Where the ciphertexts of a tensor stand. */
export interface TestedState extends TypeOf<typeof stateSchema> {}

const testedLayerSchema = errorsSchema.extend({
  layer_name: z.string(),
  kind: z.string(),
  /** Positions in the model, from 0: one, or those of a stage, or none for a re-encryption. */
  model_layers: z.array(countSchema),
  /** Output shape of one image. */
  shape: shapeSchema,
  /** PyCrCNN's name for the noise budget behind the layer: the least of all ciphertexts; null in CKKS. */
  min_noise: z.number().min(0).nullable(),
  /** Image, then the position within it, of the largest error. */
  max_error_position: z.array(countSchema),
  /** The decrypted value there. */
  cipher_value: measuredSchema,
  /** The value of the plain layer there. */
  plain_value: measuredSchema,
  before: stateSchema,
  after: stateSchema,
  milliseconds: z.number(),
  /** Size of the output if it were sent. */
  bytes: countSchema,
});

/** What one layer, stage or re-encryption did, over all images. */
export interface TestedLayer extends TypeOf<typeof testedLayerSchema> {}

const testedParametersSchema = z.strictObject({
  scheme: z.enum(["ckks", "bfv"]),
  poly_modulus_degree: countSchema,
  /** Bits of the primes, the last of them special where there is more than one in CKKS, or key switching in BFV. */
  coeff_modulus_bits: z.array(countSchema),
  packing: z.enum(packings),
  /** Security in bits by the table, or `"teaching"`: none is promised. */
  sec: z.union([z.literal([128, 192, 256]), z.literal("teaching")]),
  /** Which table the security is held against; the standard of 2018 if left out. */
  security_table: z.enum(["2018", "2024"]).optional(),
  scale_bits: z.number().optional(),
  weight_scale_bits: z.number().optional(),
  /** BFV's plaintext modulus. */
  plain_modulus: countSchema.optional(),
  /** The fractional encoder's base and numbers of digits. */
  base: countSchema.optional(),
  integer_digits: countSchema.optional(),
  fraction_digits: countSchema.optional(),
  /** "Before model layer k". */
  reencrypt_positions: z.array(countSchema),
});

/** The exact parameters of a set, whatever they were called in the input. */
export interface TestedParameters extends TypeOf<typeof testedParametersSchema> {}

const testedSetSchema = errorsSchema.partial().extend({
  /** The set as it was given. */
  given: z.record(z.string(), z.unknown()),
  /** What follows from it; left out where it cannot be read. */
  parameters: testedParametersSchema.optional(),
  /** There where the parameters promise no security. */
  insecure_for_teaching: z.literal(true).optional(),
  status: z.enum(["done", "failed"]),
  /** Why it cannot work, in one line. */
  reason: z.string().optional(),
  /** The layer where it broke, where it was one. */
  failed_layer: z.strictObject({ index: countSchema, layer_name: z.string() }).optional(),
  images: countSchema,
  /** PyCrCNN's name for the last layer's largest error; there where the set is done. */
  final_max_error: measuredSchema.optional(),
  /** Every layer's line, up to where it broke; the last alone without `debug`. */
  layers: z.array(testedLayerSchema),
  /** Of all images together. */
  milliseconds: z
    .strictObject({ keys: z.number(), encrypt: z.number(), evaluate: z.number(), decrypt: z.number() })
    .optional(),
  /** What would travel, for all images together. */
  bytes: z.strictObject({ input: countSchema, output: countSchema, evaluation_keys: countSchema }).optional(),
  /** Most memory that the process held while it ran, in bytes; null where that cannot be read. */
  memory_bytes: countSchema.nullable().optional(),
  /** When it was done, ISO 8601. */
  time: z.string(),
});

/** One parameter set and what it came to. */
export interface TestedSet extends TypeOf<typeof testedSetSchema> {}

export const testReportSchema = z.strictObject({
  format: z.literal("he-ml parameter test"),
  version: z.literal(1),
  model: z.string(),
  /** Digest of layers and weights: a sweep is only resumed on the same ones. */
  model_digest: z.string(),
  dataset: z.string().nullable(),
  /** Positions of the images in the dataset: the first, and how many. */
  index: countSchema,
  count: countSchema,
  /** Model layers that were run, a contiguous range. */
  layers: z.array(countSchema),
  debug: z.boolean(),
  machine: z.record(z.string(), z.unknown()),
  versions: z.record(z.string(), z.string()),
  /** In the order of the input; while a sweep runs, those that are done. */
  results: z.array(testedSetSchema),
});

/** What `testParameters` gives. */
export interface TestReport extends TypeOf<typeof testReportSchema> {}
