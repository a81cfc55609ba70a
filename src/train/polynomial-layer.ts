import * as tf from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";

export interface PolynomialConfig extends NonNullable<ConstructorParameters<typeof layers.Layer>[0]> {
  /** Lowest power first. */
  readonly coefficients: readonly number[];
}

/** The activation c₀ + c₁·x + c₂·x² + … as a tfjs layer, by Horner's rule; its coefficients are not trained. */
export class Polynomial extends layers.Layer {
  static readonly className: string = "Polynomial";

  constructor(readonly options: PolynomialConfig) {
    super(options);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [highest, ...others] = this.options.coefficients.toReversed();
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      return others.reduce<tf.Tensor>(
        (sum, coefficient) => tf.add(tf.mul(sum, x), coefficient),
        tf.fill(x.shape, highest),
      );
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), coefficients: [...this.options.coefficients] };
  }
}

tf.serialization.registerClass(Polynomial);
