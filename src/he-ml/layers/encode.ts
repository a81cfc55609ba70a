import type { SchemeEvaluator } from "../crypto/scheme-evaluator.js";
import type { WeightedLayer } from "../model/layers.js";
import { InputError } from "../errors.js";
import { definitionOf } from "../model/layers.js";
import { describeLayer } from "../model/layer.js";
import { isWeighted, type Layer, type LayerKind } from "../model/model.js";
import type { EncodedLayer } from "./encoded-layer.js";
import { encodeAveragePool } from "./functional/average-pool.js";
import { encodeFlatten } from "./functional/flatten.js";
import { encodeIdentity } from "./functional/identity.js";
import { encodePadding } from "./functional/padding.js";
import { encodePolynomial } from "./functional/polynomial.js";
import { encodeSquare } from "./functional/square.js";
import { encodeUnflatten } from "./functional/unflatten.js";
import { encodeWeighted } from "./weighted-sum.js";

/** Layers without weights; those with weights are all encoded alike. */
const encoders: {
  readonly [K in Exclude<LayerKind, WeightedLayer["kind"]>]: (
    he: SchemeEvaluator,
    layer: Extract<Layer, { kind: K }>,
  ) => EncodedLayer;
} = {
  square: encodeSquare,
  polynomial: encodePolynomial,
  averagePool: encodeAveragePool,
  flatten: encodeFlatten,
  unflatten: encodeUnflatten,
  padding: encodePadding,
  identity: encodeIdentity,
};

/**
 * The encoded counterpart of a plain layer at position `index` of its model.
 *
 * @throws InputError if there is no evaluator, or no such kind of layer, or one that cannot be encrypted
 */
export function encodeLayer(he: SchemeEvaluator, layer: Layer, index?: number): EncodedLayer {
  const { remedy } = definitionOf(layer);
  if (remedy) throw new InputError(`encodeLayer: ${describeLayer(layer)} cannot be encrypted: ${remedy}`);
  const encoded = isWeighted(layer)
    ? encodeWeighted(he, layer)
    : (encoders[layer.kind] as (he: SchemeEvaluator, layer: Layer) => EncodedLayer)(he, layer);
  return Object.assign(encoded, { modelLayers: index === undefined ? undefined : [index] });
}
