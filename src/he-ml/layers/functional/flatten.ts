import type { SchemeEvaluator } from "../../crypto/scheme-evaluator.js";
import { flattenLayer, type FlattenLayer } from "../../model/flatten.js";
import { encodedLayer, type EncodedLayer } from "../encoded-layer.js";

/**
 * PyTorch's `Flatten`: the same ciphertexts, copied, under another shape. Costs nothing and changes no value.
 *
 * @example const flat = flatten(he)(features);
 */
export function flatten(he: SchemeEvaluator, options?: { readonly name?: string }): EncodedLayer {
  return encodeFlatten(he, flattenLayer(options));
}

export function encodeFlatten(he: SchemeEvaluator, layer: FlattenLayer): EncodedLayer {
  return encodedLayer(he, layer, {
    elementWise: true,
    outputState: ({ level, scale }) => ({ level, scale }),
    open: () => ({
      compute: (inputs, index) => he.copy(inputs(index)),
    }),
  });
}
