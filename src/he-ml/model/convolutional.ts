import { InputError } from "../errors.js";
import { formatShape, sizeOf, zeros, type Shape, type Tensor } from "../tensor/tensor.js";
import {
  describeLayer,
  requireImageShape,
  toPadding,
  toPair,
  type LayerBase,
  type PaddingOption,
  type Pair,
  type PlainLayer,
} from "./layer.js";
import { outputSize, tapsAt, type SlidingWindow } from "./sliding-window.js";

/** PyTorch's `Conv2d`: a cross-correlation of an image with a bank of filters. */
export interface ConvolutionalLayer extends LayerBase, SlidingWindow {
  readonly kind: "convolutional";
  /** `[outChannels, inChannels / groups, kernelHeight, kernelWidth]` */
  readonly weights: Tensor;
  /** `[outChannels]` */
  readonly bias?: Tensor;
  /** The channels are cut into this many groups that do not see each other. */
  readonly groups: number;
}

export interface ConvolutionalOptions {
  readonly name?: string;
  readonly weights: Tensor;
  readonly bias?: Tensor;
  readonly stride?: number | Pair;
  readonly padding?: PaddingOption;
  readonly dilation?: number | Pair;
  readonly groups?: number;
}

/**
 * Describes a convolution with PyTorch's names and defaults: stride 1, no padding, dilation 1, one group.
 *
 * @throws InputError if weights, bias and groups do not fit together.
 * @example convolutionalLayer({ name: "conv1", weights: tensor([4, 1, 5, 5], values), stride: 2 })
 */
export function convolutionalLayer(options: ConvolutionalOptions): ConvolutionalLayer {
  const { name = "convolutional", weights, bias, groups = 1 } = options;
  const what = `convolutional "${name}"`;
  if (weights.shape.length !== 4 || sizeOf(weights.shape) === 0) {
    throw new InputError(
      `${what}: expected weights [outChannels, inChannels / groups, kernelHeight, kernelWidth], ` +
        `got ${formatShape(weights.shape)}`,
    );
  }
  const outChannels = weights.shape[0];
  if (!Number.isInteger(groups) || groups < 1 || outChannels % groups !== 0) {
    throw new InputError(`${what}: ${outChannels} output channels cannot be cut into ${groups} groups`);
  }
  if (bias && formatShape(bias.shape) !== formatShape([outChannels])) {
    throw new InputError(`${what}: expected a bias of ${outChannels} values, got ${formatShape(bias.shape)}`);
  }
  return {
    kind: "convolutional",
    name,
    weights,
    bias,
    groups,
    kernelSize: [weights.shape[2], weights.shape[3]],
    stride: toPair(`${what} stride`, options.stride ?? 1, 1),
    padding: toPadding(`${what} padding`, options.padding ?? 0),
    dilation: toPair(`${what} dilation`, options.dilation ?? 1, 1),
  };
}

function outputShape(layer: ConvolutionalLayer, inputShape: Shape): Shape {
  const [channels, height, width] = requireImageShape(layer, inputShape);
  const expected = layer.weights.shape[1] * layer.groups;
  if (channels !== expected) {
    const advice =
      expected === 1 ? "; convert the image to grayscale first" : "; check the order of the axes (NCHW)";
    throw new InputError(
      `${describeLayer(layer)}: input has ${channels} channels, weights expect ${expected}${advice}`,
    );
  }
  return [layer.weights.shape[0], ...outputSize(layer, [height, width])];
}

function forward(layer: ConvolutionalLayer, batch: Tensor): Tensor {
  const [count, channels, height, width] = batch.shape;
  const [outChannels, outHeight, outWidth] = outputShape(layer, batch.shape.slice(1));
  const [, channelsPerGroup, kernelHeight, kernelWidth] = layer.weights.shape;
  const output = zeros([count, outChannels, outHeight, outWidth]);

  for (let row = 0; row < outHeight; row++) {
    for (let column = 0; column < outWidth; column++) {
      const taps = tapsAt(layer, [height, width], [row, column]);
      for (let image = 0; image < count; image++) {
        for (let out = 0; out < outChannels; out++) {
          const firstChannel = Math.floor(out / (outChannels / layer.groups)) * channelsPerGroup;
          let sum = layer.bias?.data[out] ?? 0;
          for (let k = 0; k < channelsPerGroup; k++) {
            const plane = (image * channels + firstChannel + k) * height * width;
            const kernel = (out * channelsPerGroup + k) * kernelHeight * kernelWidth;
            for (const tap of taps) {
              sum +=
                layer.weights.data[kernel + tap.kernelRow * kernelWidth + tap.kernelColumn] *
                batch.data[plane + tap.row * width + tap.column];
            }
          }
          output.data[((image * outChannels + out) * outHeight + row) * outWidth + column] = sum;
        }
      }
    }
  }
  return output;
}

export const plainConvolutional: PlainLayer<ConvolutionalLayer> = { outputShape, forward };
