import { requireOptions } from "../arguments.js";
import type { Shape } from "../tensor/tensor.js";
import {
  isPadded,
  requireImageShape,
  toPadding,
  type LayerBase,
  type LinearDefinition,
  type Padding,
  type PaddingOption,
} from "./layer.js";
import { Row, type Rows } from "./rows.js";
import { paddingText } from "./sliding-window.js";

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
export function paddingLayer(options: PaddingLayerOptions): PaddingLayer {
  const { name = "padding", padding } = requireOptions("padding", options);
  return { kind: "padding", name, padding: toPadding(`padding "${name}"`, padding) };
}

function outputShape(layer: PaddingLayer, inputShape: Shape): Shape {
  const [channels, height, width] = requireImageShape(layer, inputShape);
  const { top, bottom, left, right } = layer.padding;
  return [channels, height + top + bottom, width + left + right];
}

/** Each output is a pixel, or has no terms at all. */
function rows(layer: PaddingLayer, inputShape: Shape): Rows {
  const { top, left } = layer.padding;
  const [, height, width] = inputShape;
  const [, outHeight, outWidth] = outputShape(layer, inputShape);
  const row = new Row(1);
  return (output) => {
    const channel = Math.floor(output / (outHeight * outWidth));
    const y = (Math.floor(output / outWidth) % outHeight) - top;
    const x = (output % outWidth) - left;
    row.length = 0;
    if (y >= 0 && y < height && x >= 0 && x < width) row.add((channel * height + y) * width + x, 1);
    return row;
  };
}

export const padding: LinearDefinition<PaddingLayer> = {
  make: paddingLayer,
  outputShape,
  rows,
  addsZeros: isPadded,
  details: (layer) => ` ${paddingText(layer.padding)}`,
};
