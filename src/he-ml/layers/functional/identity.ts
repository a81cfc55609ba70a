import type { SchemeEvaluator } from "../../crypto/scheme-evaluator.js";
import type { IdentityLayer } from "../../model/identity.js";
import { encodedLayer, type EncodedLayer } from "../encoded-layer.js";

/** The same ciphertexts, copied. */
export function encodeIdentity(he: SchemeEvaluator, layer: IdentityLayer): EncodedLayer {
  return encodedLayer(he, layer, {
    elementWise: true,
    outputState: ({ level, scale }) => ({ level, scale }),
    open: () => ({
      compute: (inputs, index) => he.copy(inputs(index)),
    }),
  });
}
