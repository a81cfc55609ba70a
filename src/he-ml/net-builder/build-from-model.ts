import type { Evaluator } from "../crypto/evaluator.js";
import { encodeLayer } from "../layers/encode.js";
import type { EncodedLayer } from "../layers/encoded-layer.js";
import type { Model } from "../model/model.js";
import type { ValueRange } from "../model/value-range.js";
import { checkChain } from "./chain.js";

export interface BuildOptions {
  /** Ranges that the layers' values were seen in; with them, values that would wrap around are refused too. */
  readonly valueRanges?: readonly ValueRange[];
}

/**
 * The encoded layers of a model, in order: each callable by itself, all of them or a range to be run by `forward`.
 *
 * @throws InputError before anything is encrypted if the modulus chain is too short, naming the layer and a chain
 *   that would do
 * @example const layers = buildFromModel(server.evaluator, model);
 */
export function buildFromModel(
  he: Evaluator,
  model: Model,
  { valueRanges }: BuildOptions = {},
): readonly EncodedLayer[] {
  const layers = encodeModel(he, model);
  checkChain(layers, model, he.parameters, valueRanges);
  return layers;
}

/** The encoded counterpart of each layer. */
export function encodeModel(he: Evaluator, { layers }: Model): EncodedLayer[] {
  return layers.map((layer, index) => encodeLayer(he, layer, index));
}
