import type { Pair } from "../../model/layer.js";
import { layerOutputShape, type Layer } from "../../model/model.js";
import { sizeOf, type Shape } from "../../tensor/tensor.js";
import type { Stage } from "../stages/stages.js";

/** `[channels, height, width]`; of features, as many channels of one pixel. */
export type ImageShape = readonly [channels: number, height: number, width: number];

export const asImage = (shape: Shape): ImageShape =>
  shape.length === 3 ? [shape[0], shape[1], shape[2]] : [sizeOf(shape), 1, 1];

/** The image that the first layer of a stage to compute something reads: behind reshapings, where it begins with some. */
export function imageRead({ layers, inputShape }: Stage): ImageShape {
  let shape = inputShape;
  for (const layer of layers) {
    if (layer.kind !== "flatten" && layer.kind !== "unflatten" && layer.kind !== "identity") break;
    shape = layerOutputShape(layer, shape);
  }
  return asImage(shape);
}

/** Pixels of the layers' input, down and right, from a window to the next: the product of their strides. */
export function strideOf(layers: readonly Layer[]): Pair {
  const stride: [number, number] = [1, 1];
  for (const layer of layers) {
    if (layer.kind !== "convolutional" && layer.kind !== "averagePool") continue;
    stride[0] *= layer.stride[0];
    stride[1] *= layer.stride[1];
  }
  return stride;
}

/**
 * Phases in which the output of a stage may lie: none, as the next stage strides, as the next two do together, and so on.
 * Before stages of strides 2 and 3 they are 1×1, 2×2 and 6×6.
 */
export function phasesWanted(stages: readonly Stage[], index: number): Pair[] {
  const wanted: Pair[] = [[1, 1]];
  let product: Pair = [1, 1];
  for (const { layers } of stages.slice(index + 1)) {
    const [down, right] = strideOf(layers);
    product = [product[0] * down, product[1] * right];
    if (!wanted.some(([a, b]) => a === product[0] && b === product[1])) wanted.push(product);
  }
  return wanted;
}
