import * as tf from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";

/**
 * The activation x² as a tfjs layer: same shape in and out, no weights. It is registered under the class name
 * `Square`, so a network that holds it can be saved and loaded.
 *
 * @example new Square({ name: "square1" })
 */
export class Square extends layers.Layer {
  static readonly className: string = "Square";

  constructor(config: ConstructorParameters<typeof layers.Layer>[0] = {}) {
    super(config);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.square(Array.isArray(inputs) ? inputs[0] : inputs);
  }
}

tf.serialization.registerClass(Square);
