import { requireOptions } from "../arguments.js";
import { InputError } from "../errors.js";
import { zeros, type Shape, type Tensor } from "../tensor/tensor.js";
import {
  requireImageShape,
  toPadding,
  toPair,
  type LayerBase,
  type PlainOnlyDefinition,
  type PaddingOption,
  type Pair,
} from "./layer.js";
import { briefWindow, outputSize, slidingTaps, type SlidingWindow } from "./sliding-window.js";

/** PyTorch's `MaxPool2d` with `ceil_mode=False`, which CKKS cannot compute: it runs on plain values only. */
export interface MaxPoolLayer extends LayerBase, SlidingWindow {
  readonly kind: "maxPool";
}

export interface MaxPoolOptions {
  readonly name?: string;
  readonly kernelSize: number | Pair;
  /** Defaults to the kernel size, as in PyTorch. */
  readonly stride?: number | Pair;
  /** Pixels that never are the largest. */
  readonly padding?: PaddingOption;
  readonly dilation?: number | Pair;
}

/**
 * Describes a max-pooling.
 *
 * @throws InputError if a side is padded by the whole kernel or more: a window would see no pixel.
 * @example maxPoolLayer({ name: "pool1", kernelSize: 2 })
 */
export function maxPoolLayer(options: MaxPoolOptions): MaxPoolLayer {
  const { name = "maxPool" } = requireOptions("maxPool", options);
  const what = `maxPool "${name}"`;
  const kernelSize = toPair(`${what} kernelSize`, options.kernelSize, 1);
  const padding = toPadding(`${what} padding`, options.padding ?? 0);
  if (
    Math.max(padding.top, padding.bottom) >= kernelSize[0] ||
    Math.max(padding.left, padding.right) >= kernelSize[1]
  ) {
    throw new InputError(
      `${what}: padding should be less than the kernel of ${kernelSize.join("×")}, got ${JSON.stringify(padding)}`,
    );
  }
  return {
    kind: "maxPool",
    name,
    kernelSize,
    stride: toPair(`${what} stride`, options.stride ?? kernelSize, 1),
    padding,
    dilation: toPair(`${what} dilation`, options.dilation ?? 1, 1),
  };
}

function outputShape(layer: MaxPoolLayer, inputShape: Shape): Shape {
  const [channels, height, width] = requireImageShape(layer, inputShape);
  return [channels, ...outputSize(layer, [height, width])];
}

function forward(layer: MaxPoolLayer, batch: Tensor): Tensor {
  const [count, channels, height, width] = batch.shape;
  const [, outHeight, outWidth] = outputShape(layer, batch.shape.slice(1));
  const output = zeros([count, channels, outHeight, outWidth]);
  const [plane, outPlane] = [height * width, outHeight * outWidth];
  const tapsAt = slidingTaps(layer, [height, width]);
  for (let pixel = 0; pixel < outPlane; pixel++) {
    const { length, pixels } = tapsAt(pixel);
    for (let image = 0; image < count * channels; image++) {
      let largest = -Infinity;
      for (let tap = 0; tap < length; tap++) {
        largest = Math.max(largest, batch.data[image * plane + pixels[tap]]);
      }
      output.data[image * outPlane + pixel] = largest;
    }
  }
  return output;
}

export const maxPool: PlainOnlyDefinition<MaxPoolLayer> = {
  make: maxPoolLayer,
  outputShape,
  forward,
  remedy: "put an average pool in its place and train again",
  brief: (layer) => `(largest of ${briefWindow(layer, layer.kernelSize)})`,
};
