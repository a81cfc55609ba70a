import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { Tensor } from "../tensor/tensor.js";

export interface InferOptions {
  /** What each image shows; null where that is not known. */
  readonly labels?: readonly (number | null)[];
  /** The plain result to compare with, `[n, classes]`; the plain forward if left out. */
  readonly plainLogits?: Tensor;
  /** Logits that the images came with, `[n, classes]`. */
  readonly expectedLogits?: Tensor;
  /** What each output stands for; the model's own class names if left out. */
  readonly classNames?: readonly string[];
  /** Worker threads, as in `ServerOptions`. */
  readonly threads?: number;
  /** What computes, as in `ServerOptions`. */
  readonly evaluator?: EvaluatorKind;
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: string, done: number, total: number) => void;
}
