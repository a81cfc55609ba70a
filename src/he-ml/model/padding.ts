import { zeros, type Shape, type Tensor } from "../tensor/tensor.js";
import {
  requireImageShape,
  toPadding,
  type LayerBase,
  type Padding,
  type PaddingOption,
  type PlainLayer,
} from "./layer.js";

/** PyTorch's `ZeroPad2d`: rows and columns of zeros around an image. */
export interface PaddingLayer extends LayerBase {
  readonly kind: "padding";
  readonly padding: Padding;
}

export interface PaddingLayerOptions {
  readonly name?: string;
  readonly padding: PaddingOption;
}

/** @throws InputError unless every side is a whole number of at least 0. */
export function paddingLayer({ name = "padding", padding }: PaddingLayerOptions): PaddingLayer {
  return { kind: "padding", name, padding: toPadding(`padding "${name}"`, padding) };
}

function outputShape(layer: PaddingLayer, inputShape: Shape): Shape {
  const [channels, height, width] = requireImageShape(layer, inputShape);
  const { top, bottom, left, right } = layer.padding;
  return [channels, height + top + bottom, width + left + right];
}

function forward(layer: PaddingLayer, batch: Tensor): Tensor {
  const [count, channels, height, width] = batch.shape;
  const [, outHeight, outWidth] = outputShape(layer, batch.shape.slice(1));
  const output = zeros([count, channels, outHeight, outWidth]);
  for (let plane = 0; plane < count * channels; plane++) {
    for (let row = 0; row < height; row++) {
      const start = (plane * height + row) * width;
      output.data.set(
        batch.data.subarray(start, start + width),
        (plane * outHeight + row + layer.padding.top) * outWidth + layer.padding.left,
      );
    }
  }
  return output;
}

export const plainPadding: PlainLayer<PaddingLayer> = { outputShape, forward };
