import { finished } from "../../crypto/ciphertext.js";
import type { SchemeEvaluator } from "../../crypto/scheme-evaluator.js";
import { squareLayer, type SquareLayer } from "../../model/square.js";
import { encodedLayer, type EncodedLayer } from "../encoded-layer.js";
import { settle, settledState } from "../rescaling.js";

/**
 * The encrypted activation x²: one multiplication of a ciphertext by itself, relinearized and rescaled once.
 *
 * @example const activate = square(he);
 */
export function square(he: SchemeEvaluator, options?: { readonly name?: string }): EncodedLayer {
  return encodeSquare(he, squareLayer(options));
}

export function encodeSquare(he: SchemeEvaluator, layer: SquareLayer): EncodedLayer {
  return encodedLayer(he, layer, {
    elementWise: true,
    outputState: ({ level, scale }) => settledState(he.parameters, layer, { level, scale: scale * scale }),
    open: () => ({
      compute: (inputs, index) =>
        finished(he.square(inputs(index)), (squared) => {
          he.relinearizeInplace(squared);
          settle(he, squared);
        }),
    }),
  });
}
