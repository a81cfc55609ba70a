import { digitsAt } from "../crypto/bfv/slot-codec.js";
import type { SchemeParameters } from "../crypto/scheme-parameters.js";
import { isWeighted, layerOutputShape, layerRows, type Layer } from "../model/model.js";
import { sizeOf, type Shape } from "../tensor/tensor.js";

/**
 * Whether an encoded layer encrypts zeros under the client's public key: for values beside an image, and for sums all of whose
 * weights are rounded to zero, as a product with zero could be read by anyone.
 */
export function encryptsZero(parameters: SchemeParameters, layer: Layer, inputShape: Shape): boolean {
  const isPadding = layer.kind === "padding";
  if (!isPadding && !isWeighted(layer)) return false;
  const scale = 2 ** parameters.weightScaleBits;
  const isZero = (weight: number) =>
    parameters.scheme === "bfv"
      ? digitsAt(parameters, weight, scale).coefficients.length === 0
      : Math.round(weight * scale) === 0;
  const rows = layerRows(layer, inputShape);
  const outputs = sizeOf(layerOutputShape(layer, inputShape));
  for (let output = 0; output < outputs; output++) {
    const { length, weights } = rows(output);
    if (isPadding ? length === 0 : weights.subarray(0, length).every(isZero)) return true;
  }
  return false;
}
