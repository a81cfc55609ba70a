import { convolutionalLayer } from "../he-ml/model/convolutional.js";
import { flattenLayer } from "../he-ml/model/flatten.js";
import { linearLayer } from "../he-ml/model/linear.js";
import { defineModel, type Model } from "../he-ml/model/model.js";
import { squareLayer } from "../he-ml/model/square.js";
import { sizeOf, tensor, zeros } from "../he-ml/tensor/tensor.js";

/**
 * A network for MNIST: so many channels of 7×7 with stride 3 → square → 10, or, with a hidden layer, → hidden → square → 10. With 4
 * channels and 64 hidden values it is mnist-small.
 */
export type SquareNetwork = { readonly channels: number; readonly hidden: number | null };

export const squareNetworkName = ({ channels, hidden }: SquareNetwork): string =>
  hidden === null ? String(channels) : `${channels}·${hidden}`;

/** With weights as they are before training: Glorot uniform, and no biases. */
export function untrained(network: SquareNetwork, random: () => number): Model {
  const { channels, hidden } = network;
  const weights = (out: number, inputs: number, field = 1) => {
    const shape = field > 1 ? [out, inputs, field, field] : [out, inputs];
    const largest = Math.sqrt(6 / ((out + inputs) * field ** 2));
    const values = Array.from({ length: sizeOf(shape) }, () => largest * (2 * random() - 1));
    return { weights: tensor(shape, values), bias: zeros([out]) };
  };
  const features = channels * 8 ** 2;
  const hiddenLayers =
    hidden === null
      ? []
      : [linearLayer({ name: "fc1", ...weights(hidden, features) }), squareLayer({ name: "square2" })];
  return defineModel({
    name: `square-${squareNetworkName(network)}`,
    inputShape: [1, 28, 28],
    layers: [
      convolutionalLayer({ name: "conv1", ...weights(channels, 1, 7), stride: 3 }),
      squareLayer({ name: "square1" }),
      flattenLayer(),
      ...hiddenLayers,
      linearLayer({ name: "fc", ...weights(10, hidden ?? features) }),
    ],
  });
}
