import type { Ciphertext } from "../crypto/ciphertext.js";
import type { Evaluator } from "../crypto/evaluator.js";
import {
  convolutionalLayer,
  type ConvolutionalLayer,
  type ConvolutionalOptions,
} from "../model/convolutional.js";
import type { Pair } from "../model/layer.js";
import { layerOutputShape } from "../model/model.js";
import { tapsAt } from "../model/sliding-window.js";
import { encodedLayer, type EncodedLayer } from "./encoded-layer.js";
import { neuron, weightedSumState } from "./weighted-sum.js";

/**
 * An encoded convolution with PyTorch's semantics. A value is one ciphertext, so a weight is one scalar, and a tap
 * in the padding is no product at all.
 *
 * @throws InputError if weights, bias and groups do not fit together
 * @example const conv = convolutional(he, { weights, bias, stride: [3, 3] });
 */
export function convolutional(he: Evaluator, options: ConvolutionalOptions): EncodedLayer {
  return encodeConvolutional(he, convolutionalLayer(options));
}

export function encodeConvolutional(he: Evaluator, layer: ConvolutionalLayer): EncodedLayer {
  const { weights, bias, groups } = layer;
  const [outChannels, channels, kernelHeight, kernelWidth] = weights.shape;
  return encodedLayer(he, layer, {
    outputState: (input) => weightedSumState(he, layer, input),
    open: (input, inputShape) => {
      const [, height, width] = inputShape;
      const [, outHeight, outWidth] = layerOutputShape(layer, inputShape);
      return {
        compute(inputs, index) {
          const out = Math.floor(index / (outHeight * outWidth));
          const pixel: Pair = [Math.floor(index / outWidth) % outHeight, index % outWidth];
          const firstChannel = Math.floor(out / (outChannels / groups)) * channels;
          const ciphertexts: Ciphertext[] = [];
          const kernel: number[] = [];
          const taps = tapsAt(layer, [height, width], pixel);
          for (let k = 0; k < channels; k++) {
            for (const { row, column, kernelRow, kernelColumn } of taps) {
              ciphertexts.push(inputs(((firstChannel + k) * height + row) * width + column));
              const cell = ((out * channels + k) * kernelHeight + kernelRow) * kernelWidth + kernelColumn;
              kernel.push(weights.data[cell]);
            }
          }
          return neuron(he, input, ciphertexts, kernel, bias?.data[out] ?? 0);
        },
      };
    },
  });
}
