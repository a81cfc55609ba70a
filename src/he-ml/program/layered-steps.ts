import type { SchemeEvaluator } from "../crypto/scheme-evaluator.js";
import { encodeLayer } from "../layers/encode.js";
import type { EncodedLayer } from "../layers/encoded-layer.js";
import type { LayeredProgram } from "./program-content.js";

/** The encoded layers of a program that goes layer by layer; each keeps its position in the model. */
export function layeredSteps(he: SchemeEvaluator, { model, layers }: LayeredProgram): EncodedLayer[] {
  return layers.map((index) => encodeLayer(he, model.layers[index], index));
}
