import type { Ciphertext, LevelAndScale, Plaintext } from "../crypto/ciphertext.js";
import type { Evaluator } from "../crypto/evaluator.js";
import {
  convolutionalLayer,
  type ConvolutionalLayer,
  type ConvolutionalOptions,
} from "../model/convolutional.js";
import type { Pair } from "../model/layer.js";
import { layerOutputShape } from "../model/model.js";
import { tapsAt } from "../model/sliding-window.js";
import type { Shape } from "../tensor/tensor.js";
import { encodedLayer, type CiphertextAt, type EncodedLayer, type KernelRun } from "./encoded-layer.js";
import { productState, weightedSum, weightedSumState, type Term } from "./weighted-sum.js";

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
  return encodedLayer(he, layer, {
    outputState: (input) => weightedSumState(he, layer, input),
    open: (input, inputShape) => new ConvolutionalRun(he, layer, input, inputShape),
  });
}

/** Keeps the encoded weights of one filter at a time: every output pixel of a channel shares them. */
class ConvolutionalRun implements KernelRun {
  readonly #outputShape: Shape;
  readonly #product: LevelAndScale;
  #channel = -1;
  #weights: Plaintext[] = [];
  #bias: Plaintext | undefined;

  constructor(
    private readonly he: Evaluator,
    private readonly layer: ConvolutionalLayer,
    private readonly input: LevelAndScale,
    private readonly inputShape: Shape,
  ) {
    this.#outputShape = layerOutputShape(layer, inputShape);
    this.#product = productState(he, input);
  }

  compute(inputs: CiphertextAt, outputIndex: number): Ciphertext {
    const [, height, width] = this.#outputShape;
    const channel = Math.floor(outputIndex / (height * width));
    if (channel !== this.#channel) this.#encodeFilter(channel);
    const pixel: Pair = [Math.floor(outputIndex / width) % height, outputIndex % width];
    return weightedSum(this.he, this.#terms(inputs, pixel), this.#bias, this.#product);
  }

  *#terms(inputs: CiphertextAt, pixel: Pair): Generator<Term> {
    const [, height, width] = this.inputShape;
    const [outChannels, channels, kernelHeight, kernelWidth] = this.layer.weights.shape;
    const firstChannel = Math.floor(this.#channel / (outChannels / this.layer.groups)) * channels;
    const taps = tapsAt(this.layer, [height, width], pixel);
    for (let k = 0; k < channels; k++) {
      for (const { row, column, kernelRow, kernelColumn } of taps) {
        yield {
          input: inputs(((firstChannel + k) * height + row) * width + column),
          weight: this.#weights[(k * kernelHeight + kernelRow) * kernelWidth + kernelColumn],
        };
      }
    }
  }

  #encodeFilter(channel: number): void {
    this[Symbol.dispose]();
    const { weights, bias } = this.layer;
    const size = weights.data.length / weights.shape[0];
    const at = { level: this.input.level, scale: 2 ** this.he.parameters.weightScaleBits };
    const filter = weights.data.subarray(channel * size, (channel + 1) * size);
    for (const weight of filter) this.#weights.push(this.he.encodeScalar(weight, at));
    this.#bias = bias && this.he.encodeScalar(bias.data[channel], this.#product);
    this.#channel = channel;
  }

  [Symbol.dispose](): void {
    for (const weight of this.#weights) weight[Symbol.dispose]();
    this.#bias?.[Symbol.dispose]();
    this.#weights = [];
    this.#bias = undefined;
  }
}
