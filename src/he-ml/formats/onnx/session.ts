import type { Tensor } from "../../tensor/tensor.js";

/** An ONNX model, ready to run any number of times. */
export interface OnnxSession {
  /** What computes: onnxruntime; in a page, which has none, the plain network of this library, in doubles. */
  readonly runner: "onnxruntime" | "plain network";
  /**
   * Runs a batch `[n, …inputShape]` and returns the model's single output as doubles. A model with a fixed
   * batch size is run as often as the batch needs, the last time with copies of the last image; one that takes images `[n, height, width, channels]`, as those made
   * by TensorFlow do, is given them so.
   *
   * @throws InputError if the batch does not suit the model.
   */
  run(batch: Tensor): Promise<Tensor>;
  /** Frees what the session holds; it cannot run afterwards. */
  release(): Promise<void>;
}
