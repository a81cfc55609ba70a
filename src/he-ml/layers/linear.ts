import type { Ciphertext, LevelAndScale } from "../crypto/ciphertext.js";
import type { Evaluator } from "../crypto/evaluator.js";
import { linearLayer, type LinearLayer, type LinearOptions } from "../model/linear.js";
import { encodedLayer, type CiphertextAt, type EncodedLayer } from "./encoded-layer.js";
import { productState, weightedSum, weightedSumState, type Term } from "./weighted-sum.js";

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
  return encodedLayer(he, layer, {
    outputState: (input) => weightedSumState(he, layer, input),
    open: (input) => ({
      compute: (inputs, row) => computeRow(he, layer, input, inputs, row),
    }),
  });
}

function computeRow(
  he: Evaluator,
  { weights, bias }: LinearLayer,
  input: LevelAndScale,
  inputs: CiphertextAt,
  row: number,
): Ciphertext {
  const product = productState(he, input);
  using encodedBias = bias && he.encodeScalar(bias.data[row], product);
  return weightedSum(he, terms(), encodedBias, product);

  // Each weight meets one ciphertext once, so it is encoded when needed and freed at once: 16,384 encoded weights
  // would fill gigabytes.
  function* terms(): Generator<Term> {
    const at = { level: input.level, scale: 2 ** he.parameters.weightScaleBits };
    const inFeatures = weights.shape[1];
    for (let i = 0; i < inFeatures; i++) {
      using weight = he.encodeScalar(weights.data[row * inFeatures + i], at);
      yield { input: inputs(i), weight };
    }
  }
}
