import type { Evaluator } from "../crypto/evaluator.js";
import { linearLayer, type LinearLayer, type LinearOptions } from "../model/linear.js";
import { encodedLayer, type EncodedLayer } from "./encoded-layer.js";
import { neuron, weightedSumState } from "./weighted-sum.js";

/**
 * An encoded fully connected layer, PyTorch's `Linear`.
 *
 * @throws InputError if weights and bias do not fit together
 * @example const fc = linear(he, { weights: tensor([10, 64], values), bias });
 */
export function linear(he: Evaluator, options: LinearOptions): EncodedLayer {
  return encodeLinear(he, linearLayer(options));
}

export function encodeLinear(he: Evaluator, layer: LinearLayer): EncodedLayer {
  const { weights, bias } = layer;
  const inFeatures = weights.shape[1];
  return encodedLayer(he, layer, {
    outputState: (input) => weightedSumState(he, layer, input),
    open: (input) => ({
      compute(inputs, row) {
        const ciphertexts = Array.from({ length: inFeatures }, (_, i) => inputs(i));
        const weightsOfRow = weights.data.subarray(row * inFeatures, (row + 1) * inFeatures);
        return neuron(he, input, ciphertexts, weightsOfRow, bias?.data[row] ?? 0);
      },
    }),
  });
}
