import type { LevelAndScale } from "../crypto/ciphertext.js";
import type { OperationCounts } from "../crypto/operation-counts.js";
import { ciphertextCount, type EncryptedLayout, type Packing } from "../crypto/packing.js";
import { modulusBits, type CkksParameters } from "../crypto/parameters.js";
import type { ErrorStatistics } from "../tensor/error-statistics.js";
import type { Shape } from "../tensor/tensor.js";

/** Where the ciphertexts of a tensor stand in their modulus chain. */
export interface CiphertextState {
  /** Data primes left; a fresh ciphertext under `[50, 60, 48 | 60]` has 3. */
  readonly level: number;
  /** log2 of the scale: values are stored multiplied by 2^scaleBits. */
  readonly scaleBits: number;
  /** log2 of the product of the data primes left. */
  readonly modulusBits: number;
}

/** What one encoded layer or stage did in a run: plain JSON, read by figures and tables. */
export interface LayerTrace extends CiphertextState {
  readonly name: string;
  /** Positions of the model layers computed here, from 0: one layer by layer, one or more in a stage, none for a re-encryption. */
  readonly modelLayers: readonly number[];
  /** The layer's kind, or `stage` for several at once. */
  readonly kind: string;
  readonly packing: Packing;
  /** Images computed at once: in one ciphertext each (`batch`), or one after the other. */
  readonly images: number;
  /** Output shape of one image. */
  readonly shape: Shape;
  /** Security of the parameters in bits; `"teaching"` marks parameters that promise none. */
  readonly security: 128 | "teaching";
  readonly before: CiphertextState;
  /** The state at the output, the same as the trace's own `level`, `scaleBits` and `modulusBits`. */
  readonly after: CiphertextState;
  /** Ciphertexts at the output. */
  readonly ciphertexts: number;
  /** Size of the output if it were sent, uncompressed: two polynomials a ciphertext. */
  readonly bytes: number;
  readonly ops: OperationCounts;
  readonly milliseconds: number;
  /** Against the plain twin; only where a secret key was at hand. */
  readonly error?: ErrorStatistics;
}

/** What was measured of one layer's run. */
export interface LayerMeasurement {
  readonly name: string;
  readonly kind: string;
  readonly modelLayers: readonly number[];
  readonly output: EncryptedLayout;
  readonly before: LevelAndScale;
  readonly after: LevelAndScale;
  readonly ops: OperationCounts;
  readonly milliseconds: number;
  readonly error?: ErrorStatistics;
}

export function layerTrace(parameters: CkksParameters, measured: LayerMeasurement): LayerTrace {
  const { name, kind, modelLayers, output, ops, milliseconds, error } = measured;
  const stateOf = ({ level, scale }: LevelAndScale): CiphertextState => ({
    level,
    scaleBits: Math.log2(scale),
    modulusBits: modulusBits(parameters, level),
  });
  const after = stateOf(measured.after);
  const ciphertexts = ciphertextCount(output);
  return {
    name,
    modelLayers,
    kind,
    packing: output.packing,
    images: output.images,
    shape: output.shape,
    security: parameters.security,
    before: stateOf(measured.before),
    after,
    ...after,
    ciphertexts,
    bytes: ciphertexts * 2 * after.level * parameters.polyModulusDegree * 8,
    ops,
    milliseconds,
    error,
  };
}
