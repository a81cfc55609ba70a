import { InputError } from "../errors.js";
import { zeros, type Shape, type Tensor } from "../tensor/tensor.js";
import {
  requireImageShape,
  toPadding,
  toPair,
  type LayerBase,
  type PaddingOption,
  type Pair,
  type PlainLayer,
} from "./layer.js";
import { outputSize, tapsAt, type SlidingWindow } from "./sliding-window.js";

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
  const { name = "averagePool", countIncludePad = true } = options;
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

/** By how much the sum of `tapCount` pixels is divided. */
export function poolDivisor(layer: AveragePoolLayer, tapCount: number): number {
  return layer.countIncludePad ? layer.kernelSize[0] * layer.kernelSize[1] : tapCount;
}

function outputShape(layer: AveragePoolLayer, inputShape: Shape): Shape {
  const [channels, height, width] = requireImageShape(layer, inputShape);
  return [channels, ...outputSize(layer, [height, width])];
}

function forward(layer: AveragePoolLayer, batch: Tensor): Tensor {
  const [count, channels, height, width] = batch.shape;
  const [, outHeight, outWidth] = outputShape(layer, batch.shape.slice(1));
  const output = zeros([count, channels, outHeight, outWidth]);
  for (let row = 0; row < outHeight; row++) {
    for (let column = 0; column < outWidth; column++) {
      const taps = tapsAt(layer, [height, width], [row, column]);
      const divisor = poolDivisor(layer, taps.length);
      for (let plane = 0; plane < count * channels; plane++) {
        let sum = 0;
        for (const tap of taps) sum += batch.data[(plane * height + tap.row) * width + tap.column];
        output.data[(plane * outHeight + row) * outWidth + column] = sum / divisor;
      }
    }
  }
  return output;
}

export const plainAveragePool: PlainLayer<AveragePoolLayer> = { outputShape, forward };
