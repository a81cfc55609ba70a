import { InputError } from "../errors.js";
import { formatShape, sizeOf, zeros, type Shape, type Tensor } from "../tensor/tensor.js";
import { describeLayer, type LayerBase, type PlainLayer } from "./layer.js";

/** PyTorch's `Linear`: y = W·x + b. */
export interface LinearLayer extends LayerBase {
  readonly kind: "linear";
  /** `[outFeatures, inFeatures]` */
  readonly weights: Tensor;
  /** `[outFeatures]` */
  readonly bias?: Tensor;
}

export interface LinearOptions {
  readonly name?: string;
  readonly weights: Tensor;
  readonly bias?: Tensor;
}

/**
 * Describes a fully connected layer.
 *
 * @throws InputError if weights and bias do not fit together.
 * @example linearLayer({ name: "fc1", weights: tensor([10, 192], values) })
 */
export function linearLayer({ name = "linear", weights, bias }: LinearOptions): LinearLayer {
  if (weights.shape.length !== 2 || sizeOf(weights.shape) === 0) {
    throw new InputError(
      `linear "${name}": expected weights [outFeatures, inFeatures], got ${formatShape(weights.shape)}`,
    );
  }
  const outFeatures = weights.shape[0];
  if (bias && formatShape(bias.shape) !== formatShape([outFeatures])) {
    throw new InputError(
      `linear "${name}": expected a bias of ${outFeatures} values, got ${formatShape(bias.shape)}`,
    );
  }
  return { kind: "linear", name, weights, bias };
}

function outputShape(layer: LinearLayer, inputShape: Shape): Shape {
  const [outFeatures, inFeatures] = layer.weights.shape;
  if (inputShape.length !== 1) {
    throw new InputError(
      `${describeLayer(layer)}: expected ${inFeatures} features, got ${formatShape(inputShape)}; ` +
        `put a flatten layer before it`,
    );
  }
  if (inputShape[0] !== inFeatures) {
    throw new InputError(
      `${describeLayer(layer)}: input has ${inputShape[0]} features, weights expect ${inFeatures}`,
    );
  }
  return [outFeatures];
}

function forward(layer: LinearLayer, batch: Tensor): Tensor {
  const [count, inFeatures] = batch.shape;
  const [outFeatures] = outputShape(layer, batch.shape.slice(1));
  const output = zeros([count, outFeatures]);
  for (let image = 0; image < count; image++) {
    for (let out = 0; out < outFeatures; out++) {
      let sum = layer.bias?.data[out] ?? 0;
      for (let i = 0; i < inFeatures; i++) {
        sum += layer.weights.data[out * inFeatures + i] * batch.data[image * inFeatures + i];
      }
      output.data[image * outFeatures + out] = sum;
    }
  }
  return output;
}

export const plainLinear: PlainLayer<LinearLayer> = { outputShape, forward };
