import { type OperationCounts } from "../crypto/operation-counts.js";
import { type Packing } from "../crypto/packing.js";
import { type ErrorStatistics } from "../tensor/error-statistics.js";
import { type Shape } from "../tensor/tensor.js";

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
  /** Positions of the model layers computed here, from 0. One for a layer-by-layer run. */
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
