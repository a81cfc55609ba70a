import type { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import type { SchemeEvaluator } from "../crypto/scheme-evaluator.js";
import type { TurnOptions } from "../long-work.js";
import type { Tensor } from "../tensor/tensor.js";

/**
 * A piece of a model that is ready to compute on ciphertexts: an encoded layer, or a stage of several. A function from
 * encrypted tensor to encrypted tensor, which leaves its input alone; the caller owns the output.
 *
 * @throws InputError (when called) if shape, layout, level or scale of the input do not fit
 */
export interface EncodedStep {
  (input: EncryptedTensor): EncryptedTensor;
  readonly name: string;
  /** The layer's kind, or `stage` for several at once. */
  readonly kind: string;
  /** Positions in its model, from 0; undefined for a layer that stands alone. */
  readonly modelLayers?: readonly number[];
  readonly evaluator: SchemeEvaluator;
  /** The same without blocking: gives way to the event loop, can be watched and stopped. */
  run(input: EncryptedTensor, options?: TurnOptions): Promise<EncryptedTensor>;
  /** The same in the clear, over a batch `[n, …inputShape]`. */
  plain(batch: Tensor): Tensor;
}
