import type { SchemeEvaluator } from "../crypto/scheme-evaluator.js";
import { linearLayer, type LinearOptions } from "../model/linear.js";
import type { EncodedLayer } from "./encoded-layer.js";
import { encodeWeighted } from "./weighted-sum.js";

/**
 * An encoded fully connected layer, PyTorch's `Linear`.
 *
 * @throws InputError if weights and bias do not fit together
 * @example const fc = linear(he, { weights: tensor([10, 64], values), bias });
 */
export function linear(he: SchemeEvaluator, options: LinearOptions): EncodedLayer {
  return encodeWeighted(he, linearLayer(options));
}
