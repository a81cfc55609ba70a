import { poolDivisor, type AveragePoolLayer } from "../../model/average-pool.js";
import type { ConvolutionalLayer } from "../../model/convolutional.js";
import type { LinearLayer } from "../../model/linear.js";
import { layerOutputShape, type Layer } from "../../model/model.js";
import type { PaddingLayer } from "../../model/padding.js";
import { tapsAt } from "../../model/sliding-window.js";
import { sizeOf, type Shape } from "../../tensor/tensor.js";
import { affineMap, type Entry, type AffineMap } from "./affine-map.js";

/** The linear layers, as maps between flattened tensors; undefined for an activation, and where nothing is computed. */
export function affineOfLayer(layer: Layer, inputShape: Shape): AffineMap | undefined {
  switch (layer.kind) {
    case "convolutional":
      return convolutionalMap(layer, inputShape);
    case "linear":
      return linearMap(layer);
    case "averagePool":
      return averagePoolMap(layer, inputShape);
    case "padding":
      return paddingMap(layer, inputShape);
    case "polynomial": {
      const { coefficients } = layer;
      return coefficients.length > 2
        ? undefined
        : diagonalMap(sizeOf(inputShape), coefficients[1] ?? 0, coefficients[0]);
    }
    case "flatten":
    case "identity":
    case "square":
      return undefined;
  }
}

export const identityAffine = (size: number): AffineMap => diagonalMap(size, 1, 0);

/** Every value multiplied by the same weight, and the same bias added. */
function diagonalMap(size: number, weight: number, bias: number): AffineMap {
  return affineMap(size, size, (column) => ({ entries: [{ column, weight }], bias }));
}

function convolutionalMap(layer: ConvolutionalLayer, inputShape: Shape): AffineMap {
  const { weights, bias, groups } = layer;
  const [outChannels, channels, kernelHeight, kernelWidth] = weights.shape;
  const [, height, width] = inputShape;
  const shape = layerOutputShape(layer, inputShape);
  const [, outHeight, outWidth] = shape;
  return affineMap(sizeOf(shape), sizeOf(inputShape), (row) => {
    const out = Math.floor(row / (outHeight * outWidth));
    const firstChannel = Math.floor(out / (outChannels / groups)) * channels;
    const taps = tapsAt(layer, [height, width], [Math.floor(row / outWidth) % outHeight, row % outWidth]);
    const entries: Entry[] = [];
    for (let k = 0; k < channels; k++) {
      for (const tap of taps) {
        entries.push({
          column: ((firstChannel + k) * height + tap.row) * width + tap.column,
          weight:
            weights.data[
              ((out * channels + k) * kernelHeight + tap.kernelRow) * kernelWidth + tap.kernelColumn
            ],
        });
      }
    }
    return { entries, bias: bias?.data[out] ?? 0 };
  });
}

function linearMap({ weights, bias }: LinearLayer): AffineMap {
  const [rows, columns] = weights.shape;
  return affineMap(rows, columns, (row) => ({
    entries: Array.from({ length: columns }, (_, column) => ({
      column,
      weight: weights.data[row * columns + column],
    })),
    bias: bias?.data[row] ?? 0,
  }));
}

function averagePoolMap(layer: AveragePoolLayer, inputShape: Shape): AffineMap {
  const [, height, width] = inputShape;
  const shape = layerOutputShape(layer, inputShape);
  const [, outHeight, outWidth] = shape;
  return affineMap(sizeOf(shape), sizeOf(inputShape), (row) => {
    const channel = Math.floor(row / (outHeight * outWidth));
    const taps = tapsAt(layer, [height, width], [Math.floor(row / outWidth) % outHeight, row % outWidth]);
    const weight = 1 / poolDivisor(layer, taps.length);
    return {
      entries: taps.map((tap) => ({ column: (channel * height + tap.row) * width + tap.column, weight })),
      bias: 0,
    };
  });
}

function paddingMap(layer: PaddingLayer, inputShape: Shape): AffineMap {
  const [, height, width] = inputShape;
  const shape = layerOutputShape(layer, inputShape);
  const [, outHeight, outWidth] = shape;
  const { top, left } = layer.padding;
  return affineMap(sizeOf(shape), sizeOf(inputShape), (row) => {
    const channel = Math.floor(row / (outHeight * outWidth));
    const y = (Math.floor(row / outWidth) % outHeight) - top;
    const x = (row % outWidth) - left;
    const inside = y >= 0 && y < height && x >= 0 && x < width;
    return {
      entries: inside ? [{ column: (channel * height + y) * width + x, weight: 1 }] : [],
      bias: 0,
    };
  });
}
