import type { SchemeEvaluator } from "../../crypto/scheme-evaluator.js";
import { unflattenLayer, type UnflattenLayer, type UnflattenOptions } from "../../model/unflatten.js";
import { encodedLayer, type EncodedLayer } from "../encoded-layer.js";

/**
 * PyTorch's `Unflatten`: the same ciphertexts, copied, under another shape. Costs nothing and changes no value.
 *
 * @example const image = unflatten(he, { shape: [1, 28, 28] })(features);
 */
export function unflatten(he: SchemeEvaluator, options: UnflattenOptions): EncodedLayer {
  return encodeUnflatten(he, unflattenLayer(options));
}

export function encodeUnflatten(he: SchemeEvaluator, layer: UnflattenLayer): EncodedLayer {
  return encodedLayer(he, layer, {
    elementWise: true,
    outputState: ({ level, scale }) => ({ level, scale }),
    open: () => ({
      compute: (inputs, index) => he.copy(inputs(index)),
    }),
  });
}
