import { convolutionalLayer } from "../he-ml/model/convolutional.js";
import { flattenLayer } from "../he-ml/model/flatten.js";
import type { Layer } from "../he-ml/model/layers.js";
import { linearLayer } from "../he-ml/model/linear.js";
import { defineModel, type Model } from "../he-ml/model/model.js";
import { squareLayer } from "../he-ml/model/square.js";
import { sizeOf, tensor, type Tensor } from "../he-ml/tensor/tensor.js";

/** Convolutions of one field, each followed by a square, and a dense layer with ten outputs. */
export type RandomNetwork = {
  /** Rows and columns of an image of one channel. */
  readonly size: number;
  /** Of every convolution. */
  readonly channels: number;
  /** Rows and columns that a convolution sees; stride 1, no padding. */
  readonly field: number;
  /** Convolutions. */
  readonly depth: number;
};

export const randomNetworkName = ({ size, channels, field, depth }: RandomNetwork): string =>
  `${size}×${size}, ${depth}× ${channels}@${field}×${field}`;

/**
 * The network with random weights. They are uniform with variance 1 over the inputs of a sum: inputs whose squares have mean 1/3, as images
 * uniform in [0, 1], give sums of variance about 1/3, and their squares have a mean square of 3 · (1/3)² = 1/3 again, so that
 * values neither grow nor vanish with depth.
 *
 * @param random numbers from 0 to 1
 */
export function randomNetwork(network: RandomNetwork, random: () => number): Model {
  const { size, channels, field, depth } = network;
  const weights = (shape: readonly number[]) => {
    const largest = Math.sqrt(3 / sizeOf(shape.slice(1)));
    return tensor(
      shape,
      Array.from({ length: sizeOf(shape) }, () => largest * (2 * random() - 1)),
    );
  };
  const bias = (outputs: number) =>
    tensor(
      [outputs],
      Array.from({ length: outputs }, () => 0.1 * (2 * random() - 1)),
    );
  const convolutions = Array.from({ length: depth }, (_, i): Layer[] => {
    const shape = [channels, i === 0 ? 1 : channels, field, field];
    return [
      convolutionalLayer({ name: `conv${i + 1}`, weights: weights(shape), bias: bias(channels) }),
      squareLayer({ name: `square${i + 1}` }),
    ];
  });
  const side = size - depth * (field - 1);
  return defineModel({
    name: randomNetworkName(network),
    inputShape: [1, size, size],
    layers: [
      ...convolutions.flat(),
      flattenLayer(),
      linearLayer({ name: "fc", weights: weights([10, channels * side ** 2]), bias: bias(10) }),
    ],
  });
}

/** Images of independent pixels, uniform in [0, 1]. */
export function randomImages({ size }: RandomNetwork, count: number, random: () => number): Tensor {
  return tensor([count, 1, size, size], Array.from({ length: count * size ** 2 }, random));
}
