import { sizeOf } from "../tensor/tensor.js";
import type { NetworkLayer } from "./model.js";
import type { ReencryptionLayer } from "./reencryption.js";

/** How many trained numbers a layer holds: weights and biases, or a polynomial's coefficients. */
export function parameterCount(layer: NetworkLayer | ReencryptionLayer): number {
  switch (layer.kind) {
    case "convolutional":
    case "linear":
      return sizeOf(layer.weights.shape) + (layer.bias ? sizeOf(layer.bias.shape) : 0);
    case "polynomial":
      return layer.coefficients.length;
    default:
      return 0;
  }
}
