import { finished, type Ciphertext, type LevelAndScale } from "../crypto/ciphertext.js";
import type { SchemeEvaluator } from "../crypto/scheme-evaluator.js";
import { formatRoom, roomBits } from "../crypto/scheme-parameters.js";
import { describeLayer } from "../model/layer.js";
import type { WeightedLayer } from "../model/layers.js";
import { layerRows } from "../model/model.js";
import { maxAbs } from "../tensor/tensor.js";
import { encodedLayer, type EncodedLayer } from "./encoded-layer.js";
import { ChainTooShortError, settle, settledState } from "./rescaling.js";

/** A layer with weights on ciphertexts: each of its rows is a neuron. */
export function encodeWeighted(he: SchemeEvaluator, layer: WeightedLayer): EncodedLayer {
  return encodedLayer(he, layer, {
    outputState: (input) => weightedSumState(he, layer, input),
    open: (input, inputShape) => {
      const rows = layerRows(layer, inputShape);
      return {
        compute(inputs, index) {
          const { length, inputs: positions, weights, bias } = rows(index);
          const ciphertexts = Array.from(positions.subarray(0, length), (position) => inputs(position));
          return neuron(he, input, ciphertexts, weights.subarray(0, length), bias);
        },
      };
    },
  });
}

/**
 * What a neuron computes: a weighted sum of ciphertexts, a bias, and a rescale if it pays off.
 *
 * @param input level and scale of the inputs, of which there may be none: a window that lies in the padding
 */
function neuron(
  evaluator: SchemeEvaluator,
  { level, scale }: LevelAndScale,
  inputs: readonly Ciphertext[],
  weights: ArrayLike<number>,
  bias: number,
): Ciphertext {
  const weightScale = 2 ** evaluator.parameters.weightScaleBits;
  const weighted =
    inputs.length > 0
      ? evaluator.weightedSum(inputs, weights, weightScale)
      : evaluator.encryptZero({ level, scale: scale * weightScale });
  return finished(weighted, (sum) => {
    using encodedBias = evaluator.encodeScalar(bias, sum);
    if (!encodedBias.isZero) evaluator.addPlainInplace(sum, encodedBias);
    settle(evaluator, sum);
  });
}

/**
 * Level and scale of the rescaled sum.
 *
 * @throws ChainTooShortError if products, weights or bias do not fit into the primes that are left
 */
function weightedSumState(
  { parameters }: SchemeEvaluator,
  layer: WeightedLayer,
  input: LevelAndScale,
): LevelAndScale {
  const weightScale = 2 ** parameters.weightScaleBits;
  const product = { level: input.level, scale: input.scale * weightScale };
  const settled = settledState(parameters, layer, product);
  const room = roomBits(parameters, input.level) - 1;
  const largest = Math.max(
    maxAbs(layer.weights.data) * weightScale,
    maxAbs(layer.bias?.data ?? []) * product.scale,
  );
  if (Math.log2(largest) >= room) {
    throw new ChainTooShortError(
      `${describeLayer(layer)}: its weights or bias, encoded, take ${Math.ceil(Math.log2(largest))} bits and do not ` +
        `fit into ${formatRoom(parameters, input.level, 1)}`,
    );
  }
  return settled;
}
