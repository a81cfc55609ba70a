import type { SchemeEvaluator } from "../crypto/scheme-evaluator.js";
import { convolutionalLayer, type ConvolutionalOptions } from "../model/convolutional.js";
import type { EncodedLayer } from "./encoded-layer.js";
import { encodeWeighted } from "./weighted-sum.js";

/**
 * An encoded convolution with PyTorch's semantics. A value is one ciphertext, so a weight is one scalar, and a tap
 * in the padding is no product at all.
 *
 * @throws InputError if weights, bias and groups do not fit together
 * @example const conv = convolutional(he, { weights, bias, stride: [3, 3] });
 */
export function convolutional(he: SchemeEvaluator, options: ConvolutionalOptions): EncodedLayer {
  return encodeWeighted(he, convolutionalLayer(options));
}
