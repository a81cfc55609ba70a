import type { Evaluator } from "../crypto/evaluator.js";
import type { Layer, LayerKind } from "../model/model.js";
import { encodeConvolutional } from "./convolutional.js";
import type { EncodedLayer } from "./encoded-layer.js";
import { encodeAveragePool } from "./functional/average-pool.js";
import { encodeFlatten } from "./functional/flatten.js";
import { encodeIdentity } from "./functional/identity.js";
import { encodePadding } from "./functional/padding.js";
import { encodePolynomial } from "./functional/polynomial.js";
import { encodeSquare } from "./functional/square.js";
import { encodeLinear } from "./linear.js";

const encoders: {
  readonly [K in LayerKind]: (he: Evaluator, layer: Extract<Layer, { kind: K }>) => EncodedLayer;
} = {
  convolutional: encodeConvolutional,
  linear: encodeLinear,
  square: encodeSquare,
  polynomial: encodePolynomial,
  averagePool: encodeAveragePool,
  flatten: encodeFlatten,
  padding: encodePadding,
  identity: encodeIdentity,
};

/** The encoded counterpart of a plain layer at position `index` of its model. */
export function encodeLayer(he: Evaluator, layer: Layer, index?: number): EncodedLayer {
  const encoder = encoders[layer.kind] as (he: Evaluator, layer: Layer) => EncodedLayer;
  return Object.assign(encoder(he, layer), { modelLayers: index === undefined ? undefined : [index] });
}
