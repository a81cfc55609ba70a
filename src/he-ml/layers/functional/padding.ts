import type { SchemeEvaluator } from "../../crypto/scheme-evaluator.js";
import { layerRows } from "../../model/model.js";
import { paddingLayer, type PaddingLayer, type PaddingLayerOptions } from "../../model/padding.js";
import { encodedLayer, type EncodedLayer } from "../encoded-layer.js";

/**
 * PyTorch's `ZeroPad2d`: encryptions of zero around an image. Prefer the padding of a convolution, whose taps
 * outside the image cost nothing.
 *
 * @throws InputError unless every side is a whole number of at least 0
 * @example const pad = padding(he, { padding: 1 });
 */
export function padding(he: SchemeEvaluator, options: PaddingLayerOptions): EncodedLayer {
  return encodePadding(he, paddingLayer(options));
}

export function encodePadding(he: SchemeEvaluator, layer: PaddingLayer): EncodedLayer {
  return encodedLayer(he, layer, {
    elementWise: true,
    outputState: ({ level, scale }) => ({ level, scale }),
    open: ({ level, scale }, inputShape) => {
      const rows = layerRows(layer, inputShape);
      return {
        compute(inputs, index) {
          const { length, inputs: positions } = rows(index);
          // Each its own: copies of one would cancel out under weights that add up to zero, and leave it transparent.
          return length === 0 ? he.encryptZero({ level, scale }) : he.copy(inputs(positions[0]));
        },
      };
    },
  });
}
