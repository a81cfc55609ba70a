import { layerOutputShape, layerRows, type Layer } from "../../model/model.js";
import { sizeOf, type Shape } from "../../tensor/tensor.js";
import { affineMap, type AffineMap } from "./affine-map.js";

/** The linear layers, as maps between flattened tensors; undefined for an activation, and where nothing is computed. */
export function affineOfLayer(layer: Layer, inputShape: Shape): AffineMap | undefined {
  const rows = layerRows(layer, inputShape);
  if (!rows) return undefined;
  return affineMap(sizeOf(layerOutputShape(layer, inputShape)), sizeOf(inputShape), (output) => {
    const { length, inputs, weights, bias, divisor } = rows(output);
    const entries = Array.from({ length }, (_, i) => ({ column: inputs[i], weight: weights[i] / divisor }));
    return { entries, bias: bias / divisor };
  });
}

/** The map that changes nothing. */
export const identityAffine = (size: number): AffineMap =>
  affineMap(size, size, (column) => ({ entries: [{ column, weight: 1 }], bias: 0 }));
