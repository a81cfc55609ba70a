import { requireOptions } from "../arguments.js";
import { InputError } from "../errors.js";
import type { Shape } from "../tensor/tensor.js";
import {
  isPadded,
  requireImageShape,
  toPadding,
  toPair,
  type LayerBase,
  type LinearDefinition,
  type PaddingOption,
  type Pair,
} from "./layer.js";
import { Row, type Rows } from "./rows.js";
import { briefWindow, outputSize, slidingTaps, windowText, type SlidingWindow } from "./sliding-window.js";

/** PyTorch's `AvgPool2d` with `ceil_mode=False`. */
export interface AveragePoolLayer extends LayerBase, SlidingWindow {
  readonly kind: "averagePool";
  /** Whether zeros of the padding count in the mean: PyTorch's `count_include_pad`, ONNX's too. */
  readonly countIncludePad: boolean;
}

export interface AveragePoolOptions {
  readonly name?: string;
  readonly kernelSize: number | Pair;
  /** Defaults to the kernel size, as in PyTorch. */
  readonly stride?: number | Pair;
  readonly padding?: PaddingOption;
  /** Defaults to true, as in PyTorch (ONNX's own default is false). */
  readonly countIncludePad?: boolean;
}

/**
 * Describes an average pooling.
 *
 * @throws InputError if a side is padded by more than half the kernel, as in PyTorch.
 * @example averagePoolLayer({ name: "pool1", kernelSize: 2 })
 */
export function averagePoolLayer(options: AveragePoolOptions): AveragePoolLayer {
  const { name = "averagePool", countIncludePad = true } = requireOptions("averagePool", options);
  const what = `averagePool "${name}"`;
  const kernelSize = toPair(`${what} kernelSize`, options.kernelSize, 1);
  const padding = toPadding(`${what} padding`, options.padding ?? 0);
  if (
    Math.max(padding.top, padding.bottom) > kernelSize[0] / 2 ||
    Math.max(padding.left, padding.right) > kernelSize[1] / 2
  ) {
    throw new InputError(
      `${what}: padding should be at most half the kernel of ${kernelSize.join("×")}, ` +
        `got ${JSON.stringify(padding)}; pad with a padding layer instead`,
    );
  }
  return {
    kind: "averagePool",
    name,
    kernelSize,
    stride: toPair(`${what} stride`, options.stride ?? kernelSize, 1),
    padding,
    dilation: [1, 1],
    countIncludePad,
  };
}

function outputShape(layer: AveragePoolLayer, inputShape: Shape): Shape {
  const [channels, height, width] = requireImageShape(layer, inputShape);
  return [channels, ...outputSize(layer, [height, width])];
}

/** Sums of pixels, divided by how many there are. */
function rows(layer: AveragePoolLayer, inputShape: Shape): Rows {
  const [, height, width] = inputShape;
  const [, outHeight, outWidth] = outputShape(layer, inputShape);
  const [plane, outPlane] = [height * width, outHeight * outWidth];
  const cellCount = layer.kernelSize[0] * layer.kernelSize[1];
  const tapsAt = slidingTaps(layer, [height, width]);
  const row = new Row(cellCount);
  return (output) => {
    const firstPixel = Math.floor(output / outPlane) * plane;
    const { length, pixels } = tapsAt(output % outPlane);
    row.length = 0;
    row.divisor = layer.countIncludePad ? cellCount : length;
    for (let tap = 0; tap < length; tap++) row.add(firstPixel + pixels[tap], 1);
    return row;
  };
}

export const averagePool: LinearDefinition<AveragePoolLayer> = {
  make: averagePoolLayer,
  outputShape,
  rows,
  // It divides by declaring another scale, and multiplies nothing: no depth.
  noun: "average pool",
  addsZeros: (layer) => layer.countIncludePad && isPadded(layer),
  details: (layer) => windowText(layer),
  brief: (layer) => `(mean of ${briefWindow(layer, layer.kernelSize)})`,
};
