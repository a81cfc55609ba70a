import { requireOptions } from "../arguments.js";
import { InputError } from "../errors.js";
import { formatShape, sizeOf, type Shape, type Tensor } from "../tensor/tensor.js";
import {
  countWeights,
  describeLayer,
  requireWeights,
  type LayerBase,
  type WeightedDefinition,
} from "./layer.js";
import { Row, type Rows } from "./rows.js";

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
export function linearLayer(options: LinearOptions): LinearLayer {
  const { name = "linear", weights, bias } = requireOptions("linear", options);
  requireWeights(`linear "${name}"`, weights, bias);
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

function rows({ weights, bias }: LinearLayer): Rows {
  const [, inFeatures] = weights.shape;
  const row = new Row(inFeatures);
  row.length = inFeatures;
  for (let i = 0; i < inFeatures; i++) row.inputs[i] = i;
  return (output) => {
    row.weights = weights.data.subarray(output * inFeatures, (output + 1) * inFeatures);
    row.bias = bias?.data[output] ?? 0;
    return row;
  };
}

export const linear: WeightedDefinition<LinearLayer> = {
  make: linearLayer,
  outputShape,
  rows,
  weightChannels: ({ weights: { shape } }) => ({
    inputs: shape[1],
    outputs: shape[0],
    outputOf: (index) => Math.floor(index / shape[1]),
    inputOf: (index) => index % shape[1],
  }),
  parameters: countWeights,
  depth: () => ({ ciphertext: 0, total: 1 }),
  brief: ({ weights: { shape } }) => `${shape[1]}→${shape[0]}`,
};
