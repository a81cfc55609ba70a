import type { LevelAndScale } from "../crypto/ciphertext.js";
import type { EncryptedLayout } from "../crypto/encrypted-tensor.js";
import type { OperationCounts } from "../crypto/operation-counts.js";
import { ciphertextCount, type Packing } from "../crypto/packing.js";
import { modulusBits, type CkksParameters } from "../crypto/parameters.js";
import type { LayerBase } from "../model/layer.js";
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

/** What one encoded layer did in a run: plain JSON, read by figures, tables and the parameter tester. */
export interface LayerTrace extends CiphertextState {
  readonly name: string;
  /** Positions of the model layers computed here, from 0. One for a layer-by-layer run; none for a re-encryption. */
  readonly modelLayers: readonly number[];
  readonly kind: string;
  readonly packing: Packing;
  /** Images computed at once. */
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
  readonly layer: LayerBase;
  /** Position among the model's layers; undefined for a re-encryption. */
  readonly index: number | undefined;
  readonly output: EncryptedLayout;
  readonly before: LevelAndScale;
  readonly after: LevelAndScale;
  readonly ops: OperationCounts;
  readonly milliseconds: number;
  readonly error?: ErrorStatistics;
}

export function layerTrace(parameters: CkksParameters, measured: LayerMeasurement): LayerTrace {
  const { layer, index, output, ops, milliseconds, error } = measured;
  const stateOf = ({ level, scale }: LevelAndScale): CiphertextState => ({
    level,
    scaleBits: Math.log2(scale),
    modulusBits: modulusBits(parameters, level),
  });
  const after = stateOf(measured.after);
  const ciphertexts = ciphertextCount(output.packing, output.images, output.shape);
  return {
    name: layer.name,
    modelLayers: index === undefined ? [] : [index],
    kind: layer.kind,
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
