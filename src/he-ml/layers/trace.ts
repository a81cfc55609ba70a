import * as z from "zod";
import type { LevelAndScale } from "../crypto/ciphertext.js";
import { tracedEvaluatorSchema, type TracedEvaluator } from "../crypto/evaluator-kind.js";
import { operationCountsSchema, type OperationCounts } from "../crypto/operation-counts.js";
import { ciphertextCount, packingSchema, type EncryptedLayout } from "../crypto/packing.js";
import { dataModulusBits, dataPrimes, type SchemeParameters } from "../crypto/scheme-parameters.js";
import { securityLevels } from "../crypto/security-tables.js";
import { countSchema, shapeSchema, type TypeOf } from "../schema.js";
import { errorStatisticsSchema, type ErrorStatistics } from "../tensor/error-statistics.js";

const ciphertextStateSchema = z.object({
  /** Data primes left; a fresh ciphertext under `[50, 60, 48 | 60]` has 3. In BFV 1 throughout. */
  level: countSchema,
  /** log2 of the scale: values are stored multiplied by 2^scaleBits. */
  scaleBits: z.number(),
  /** log2 of the product of the data primes left. */
  modulusBits: z.number(),
  /** BFV's invariant noise budget in bits, the least of all ciphertexts; only where a secret key was at hand. */
  noiseBudget: z.number().min(0).optional(),
});

/** Where the ciphertexts of a tensor stand in their modulus chain. */
export interface CiphertextState extends TypeOf<typeof ciphertextStateSchema> {}

export const layerTraceSchema = ciphertextStateSchema.extend({
  name: z.string(),
  /** Positions of the model layers computed here, from 0: one layer by layer, one or more in a stage, none for a re-encryption. */
  modelLayers: z.array(countSchema),
  /** The layer's kind, or `stage` for several at once. */
  kind: z.string(),
  packing: packingSchema,
  /** Images computed at once: in one ciphertext each (`batch`), or one after the other. */
  images: countSchema,
  /** Output shape of one image. */
  shape: shapeSchema,
  /** Security of the parameters in bits; `"teaching"` marks parameters that promise none. */
  security: z.literal([...securityLevels, "teaching"]),
  /** What computed. */
  evaluator: tracedEvaluatorSchema,
  before: ciphertextStateSchema,
  /** The state at the output, the same as the trace's own `level`, `scaleBits` and `modulusBits`. */
  after: ciphertextStateSchema,
  /** Ciphertexts at the output. */
  ciphertexts: countSchema,
  /** Size of the output if it were sent, uncompressed: two polynomials a ciphertext. */
  bytes: countSchema,
  ops: operationCountsSchema,
  milliseconds: z.number(),
  /** Against the plain twin; only where a secret key was at hand. */
  error: errorStatisticsSchema.optional(),
});

/** What one encoded layer or stage did in a run: plain JSON, read by figures and tables. */
export interface LayerTrace extends TypeOf<typeof layerTraceSchema> {}

/** What was measured of one layer's run. */
export interface LayerMeasurement {
  readonly evaluator: TracedEvaluator;
  readonly name: string;
  readonly kind: string;
  readonly modelLayers: readonly number[];
  readonly output: EncryptedLayout;
  readonly before: LevelAndScale;
  readonly after: LevelAndScale;
  readonly ops: OperationCounts;
  readonly milliseconds: number;
  readonly error?: ErrorStatistics;
  /** Of the input and of the output, in bits. */
  readonly noiseBudget?: { readonly before: number; readonly after: number };
}

export function layerTrace(parameters: SchemeParameters, measured: LayerMeasurement): LayerTrace {
  const { name, kind, modelLayers, evaluator, output, ops, milliseconds, error, noiseBudget } = measured;
  const stateOf = ({ level, scale }: LevelAndScale, budget: number | undefined): CiphertextState => ({
    level,
    scaleBits: Math.log2(scale),
    modulusBits: dataModulusBits(parameters, level),
    ...(budget === undefined ? {} : { noiseBudget: budget }),
  });
  const after = stateOf(measured.after, noiseBudget?.after);
  const ciphertexts = ciphertextCount(output);
  return {
    name,
    modelLayers,
    kind,
    packing: output.packing,
    images: output.images,
    shape: output.shape,
    security: parameters.security,
    evaluator,
    before: stateOf(measured.before, noiseBudget?.before),
    after,
    ...after,
    ciphertexts,
    bytes: ciphertexts * 2 * dataPrimes(parameters, after.level) * parameters.polyModulusDegree * 8,
    ops,
    milliseconds,
    error,
  };
}
