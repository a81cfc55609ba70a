import { requireOptions } from "../arguments.js";
import { InputError } from "../errors.js";
import { formatShape, sizeOf, type Shape, type Tensor } from "../tensor/tensor.js";
import {
  countWeights,
  describeLayer,
  isPadded,
  requireImageShape,
  requireWeights,
  toPadding,
  toPair,
  type LayerBase,
  type PaddingOption,
  type Pair,
  type WeightChannels,
  type WeightedDefinition,
} from "./layer.js";
import { Row, type Rows } from "./rows.js";
import { briefWindow, outputSize, slidingTaps, windowText, type SlidingWindow } from "./sliding-window.js";

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
  const { name = "convolutional", weights, bias, groups = 1 } = requireOptions("convolutional", options);
  const what = `convolutional "${name}"`;
  requireWeights(what, weights, bias);
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

function rows(layer: ConvolutionalLayer, inputShape: Shape): Rows {
  const { weights, bias, groups } = layer;
  const [outChannels, channelsPerGroup, kernelHeight, kernelWidth] = weights.shape;
  const [, height, width] = inputShape;
  const [, outHeight, outWidth] = outputShape(layer, inputShape);
  const [plane, outPlane, kernel] = [height * width, outHeight * outWidth, kernelHeight * kernelWidth];
  const tapsAt = slidingTaps(layer, [height, width]);
  const row = new Row(channelsPerGroup * kernel);
  return (output) => {
    const out = Math.floor(output / outPlane);
    const firstChannel = Math.floor(out / (outChannels / groups)) * channelsPerGroup;
    const { length, cells, pixels } = tapsAt(output % outPlane);
    row.length = 0;
    row.bias = bias?.data[out] ?? 0;
    for (let k = 0; k < channelsPerGroup; k++) {
      const firstPixel = (firstChannel + k) * plane;
      const firstCell = (out * channelsPerGroup + k) * kernel;
      for (let tap = 0; tap < length; tap++) {
        row.add(firstPixel + pixels[tap], weights.data[firstCell + cells[tap]]);
      }
    }
    return row;
  };
}

function weightChannels({ weights: { shape }, groups }: ConvolutionalLayer): WeightChannels {
  const [outputs, perGroup, kernelHeight, kernelWidth] = shape;
  const kernel = kernelHeight * kernelWidth;
  const outputOf = (index: number) => Math.floor(index / (perGroup * kernel));
  return {
    inputs: perGroup * groups,
    outputs,
    outputOf,
    inputOf: (index) =>
      Math.floor(outputOf(index) / (outputs / groups)) * perGroup + (Math.floor(index / kernel) % perGroup),
  };
}

export const convolutional: WeightedDefinition<ConvolutionalLayer> = {
  make: convolutionalLayer,
  outputShape,
  rows,
  weightChannels,
  parameters: countWeights,
  depth: () => ({ ciphertext: 0, total: 1 }),
  addsZeros: isPadded,
  details: (layer) => windowText(layer, layer.groups),
  brief: (layer) => `${layer.weights.shape[0]}@${briefWindow(layer, [1, 1])}`,
};
