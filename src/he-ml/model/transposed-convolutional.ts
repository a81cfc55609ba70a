import { requireOptions } from "../arguments.js";
import { InputError } from "../errors.js";
import { formatShape, sizeOf, type Shape, type Tensor } from "../tensor/tensor.js";
import {
  countWeights,
  describeLayer,
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
import { briefWindow, windowText, type SlidingWindow } from "./sliding-window.js";

/** PyTorch's `ConvTranspose2d`: every pixel spreads over the outputs under the kernel, `stride` apart. */
export interface TransposedConvolutionalLayer extends LayerBase, SlidingWindow {
  readonly kind: "transposedConvolutional";
  /** `[inChannels, outChannels / groups, kernelHeight, kernelWidth]` */
  readonly weights: Tensor;
  /** `[outChannels]` */
  readonly bias?: Tensor;
  /** The channels are cut into this many groups that do not see each other. */
  readonly groups: number;
  /** Rows below and columns to the right that the output has more. */
  readonly outputPadding: Pair;
}

export interface TransposedConvolutionalOptions {
  readonly name?: string;
  readonly weights: Tensor;
  readonly bias?: Tensor;
  readonly stride?: number | Pair;
  /** Rows and columns of the output that are cut off. */
  readonly padding?: PaddingOption;
  readonly outputPadding?: number | Pair;
  readonly dilation?: number | Pair;
  readonly groups?: number;
}

/**
 * Describes a transposed convolution with PyTorch's names and defaults: stride 1, no padding, dilation 1, one group.
 *
 * @throws InputError if weights, bias and groups do not fit together, or an output padding is as large as stride and
 *   dilation
 * @example transposedConvolutionalLayer({ name: "up1", weights: tensor([4, 1, 2, 2], values), stride: 2 })
 */
export function transposedConvolutionalLayer(
  options: TransposedConvolutionalOptions,
): TransposedConvolutionalLayer {
  const {
    name = "transposedConvolutional",
    weights,
    bias,
    groups = 1,
  } = requireOptions("transposedConvolutional", options);
  const what = `transposedConvolutional "${name}"`;
  requireWeights(what, weights, bias);
  if (weights.shape.length !== 4 || sizeOf(weights.shape) === 0) {
    throw new InputError(
      `${what}: expected weights [inChannels, outChannels / groups, kernelHeight, kernelWidth], ` +
        `got ${formatShape(weights.shape)}`,
    );
  }
  const [inChannels, perGroup] = weights.shape;
  if (!Number.isInteger(groups) || groups < 1 || inChannels % groups !== 0) {
    throw new InputError(`${what}: ${inChannels} input channels cannot be cut into ${groups} groups`);
  }
  if (bias && formatShape(bias.shape) !== formatShape([perGroup * groups])) {
    throw new InputError(
      `${what}: expected a bias of ${perGroup * groups} values, got ${formatShape(bias.shape)}`,
    );
  }
  const stride = toPair(`${what} stride`, options.stride ?? 1, 1);
  const dilation = toPair(`${what} dilation`, options.dilation ?? 1, 1);
  const outputPadding = toPair(`${what} outputPadding`, options.outputPadding ?? 0, 0);
  if (outputPadding.some((pixels, axis) => pixels >= Math.max(stride[axis], dilation[axis]))) {
    throw new InputError(
      `${what}: expected an outputPadding smaller than stride ${formatShape(stride)} or dilation ` +
        `${formatShape(dilation)}, got ${formatShape(outputPadding)}; pad with a padding layer instead`,
    );
  }
  return {
    kind: "transposedConvolutional",
    name,
    weights,
    bias,
    groups,
    kernelSize: [weights.shape[2], weights.shape[3]],
    stride,
    padding: toPadding(`${what} padding`, options.padding ?? 0),
    dilation,
    outputPadding,
  };
}

/**
 * By PyTorch's formula: (size − 1)·stride − padding + dilation·(kernel − 1) + outputPadding + 1.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
 */
function outputShape(layer: TransposedConvolutionalLayer, inputShape: Shape): Shape {
  const [channels, height, width] = requireImageShape(layer, inputShape);
  const { weights, groups, padding, stride, kernelSize, dilation, outputPadding } = layer;
  const [inChannels, perGroup] = weights.shape;
  if (channels !== inChannels) {
    throw new InputError(
      `${describeLayer(layer)}: input has ${channels} channels, weights expect ${inChannels}; ` +
        `check the order of the axes (NCHW)`,
    );
  }
  const along = (axis: 0 | 1, size: number, cutOff: number) =>
    (size - 1) * stride[axis] - cutOff + dilation[axis] * (kernelSize[axis] - 1) + outputPadding[axis] + 1;
  const outHeight = along(0, height, padding.top + padding.bottom);
  const outWidth = along(1, width, padding.left + padding.right);
  if (outHeight < 1 || outWidth < 1) {
    throw new InputError(
      `${describeLayer(layer)}: its padding cuts all of the output off, images of ${formatShape([height, width])} ` +
        `give ${formatShape([outHeight, outWidth])}; give it a larger image or less padding`,
    );
  }
  return [perGroup * groups, outHeight, outWidth];
}

/** Which pixel spreads to a position of the output along one axis through a cell of the kernel; negative if none does. */
function source(position: number, cell: number, stride: number, dilation: number, size: number): number {
  const spread = position - cell * dilation;
  return spread >= 0 && spread % stride === 0 && spread / stride < size ? spread / stride : -1;
}

function rows(layer: TransposedConvolutionalLayer, inputShape: Shape): Rows {
  const { weights, bias, groups, stride, padding, dilation } = layer;
  const [inChannels, perGroup, kernelHeight, kernelWidth] = weights.shape;
  const [, height, width] = inputShape;
  const [, outHeight, outWidth] = outputShape(layer, inputShape);
  const kernel = kernelHeight * kernelWidth;
  const channelsPerGroup = inChannels / groups;
  const row = new Row(channelsPerGroup * kernel);
  return (output) => {
    const out = Math.floor(output / (outHeight * outWidth));
    const y = (Math.floor(output / outWidth) % outHeight) + padding.top;
    const x = (output % outWidth) + padding.left;
    const firstChannel = Math.floor(out / perGroup) * channelsPerGroup;
    row.length = 0;
    row.bias = bias?.data[out] ?? 0;
    for (let cellRow = 0; cellRow < kernelHeight; cellRow++) {
      const pixelRow = source(y, cellRow, stride[0], dilation[0], height);
      if (pixelRow < 0) continue;
      for (let cellColumn = 0; cellColumn < kernelWidth; cellColumn++) {
        const pixelColumn = source(x, cellColumn, stride[1], dilation[1], width);
        if (pixelColumn < 0) continue;
        const cell = cellRow * kernelWidth + cellColumn;
        for (let channel = firstChannel; channel < firstChannel + channelsPerGroup; channel++) {
          row.add(
            (channel * height + pixelRow) * width + pixelColumn,
            weights.data[(channel * perGroup + (out % perGroup)) * kernel + cell],
          );
        }
      }
    }
    return row;
  };
}

function weightChannels({ weights: { shape }, groups }: TransposedConvolutionalLayer): WeightChannels {
  const [inputs, perGroup, kernelHeight, kernelWidth] = shape;
  const kernel = kernelHeight * kernelWidth;
  const inputOf = (index: number) => Math.floor(index / (perGroup * kernel));
  return {
    inputs,
    outputs: perGroup * groups,
    inputOf,
    outputOf: (index) =>
      Math.floor(inputOf(index) / (inputs / groups)) * perGroup + (Math.floor(index / kernel) % perGroup),
  };
}

export const transposedConvolutional: WeightedDefinition<TransposedConvolutionalLayer> = {
  make: transposedConvolutionalLayer,
  outputShape,
  rows,
  weightChannels,
  noun: "transposed convolutional",
  parameters: countWeights,
  depth: () => ({ ciphertext: 0, total: 1 }),
  // How many pixels reach an output differs from one to the next.
  addsZeros: () => true,
  details: (layer) => windowText(layer, layer.groups),
  brief: (layer) => `${layer.weights.shape[1] * layer.groups}@${briefWindow(layer, [1, 1])}`,
};
