import { inWords } from "../arguments.js";
import { InputError } from "../errors.js";
import { activation, type ActivationLayer } from "./activation.js";
import { averagePool, type AveragePoolLayer } from "./average-pool.js";
import { convolutional, type ConvolutionalLayer } from "./convolutional.js";
import { flatten, type FlattenLayer } from "./flatten.js";
import { identity, type IdentityLayer } from "./identity.js";
import type { LayerDefinition, LinearDefinition, PlainOnlyDefinition, WeightedDefinition } from "./layer.js";
import { linear, type LinearLayer } from "./linear.js";
import { maxPool, type MaxPoolLayer } from "./max-pool.js";
import { padding, type PaddingLayer } from "./padding.js";
import { polynomial, type PolynomialLayer } from "./polynomial.js";
import { square, type SquareLayer } from "./square.js";
import { transposedConvolutional, type TransposedConvolutionalLayer } from "./transposed-convolutional.js";
import { unflatten, type UnflattenLayer } from "./unflatten.js";

// Every kind of layer stands in this file, and in no other list of the floor: as a type, with its definition, and with
// what users make and describe it by.

export {
  activationLayer,
  type ActivationFunction,
  type ActivationLayer,
  type ActivationOptions,
} from "./activation.js";
export { averagePoolLayer, type AveragePoolLayer, type AveragePoolOptions } from "./average-pool.js";
export { convolutionalLayer, type ConvolutionalLayer, type ConvolutionalOptions } from "./convolutional.js";
export { flattenLayer, type FlattenLayer } from "./flatten.js";
export { identityLayer, type IdentityLayer } from "./identity.js";
export { linearLayer, type LinearLayer, type LinearOptions } from "./linear.js";
export { maxPoolLayer, type MaxPoolLayer, type MaxPoolOptions } from "./max-pool.js";
export { paddingLayer, type PaddingLayer, type PaddingLayerOptions } from "./padding.js";
export { polynomialLayer, type PolynomialLayer, type PolynomialOptions } from "./polynomial.js";
export { squareLayer, type SquareLayer } from "./square.js";
export {
  transposedConvolutionalLayer,
  type TransposedConvolutionalLayer,
  type TransposedConvolutionalOptions,
} from "./transposed-convolutional.js";
export { unflattenLayer, type UnflattenLayer, type UnflattenOptions } from "./unflatten.js";

/** Every kind of layer that can be computed on encrypted values. */
export type Layer =
  | ConvolutionalLayer
  | TransposedConvolutionalLayer
  | LinearLayer
  | SquareLayer
  | PolynomialLayer
  | AveragePoolLayer
  | FlattenLayer
  | UnflattenLayer
  | PaddingLayer
  | IdentityLayer;

/** Every kind of layer that runs on plain values only. */
export type PlainOnlyLayer = ActivationLayer | MaxPoolLayer;

/** Every kind of layer that a network can hold. */
export type NetworkLayer = Layer | PlainOnlyLayer;

/** Every kind of layer that has weights. */
export type WeightedLayer = Extract<Layer, { weights: unknown }>;

/** Every kind of layer that is a linear map. */
export type LinearMapLayer = WeightedLayer | AveragePoolLayer | PaddingLayer;

/** What the definition of a kind must say. */
type DefinitionFor<L extends NetworkLayer> = L extends PlainOnlyLayer
  ? PlainOnlyDefinition<L>
  : L extends WeightedLayer
    ? WeightedDefinition<L>
    : L extends LinearMapLayer
      ? LinearDefinition<L>
      : LayerDefinition<L>;

const definitions: {
  readonly [K in NetworkLayer["kind"]]: DefinitionFor<Extract<NetworkLayer, { kind: K }>>;
} = {
  convolutional,
  transposedConvolutional,
  linear,
  square,
  polynomial,
  averagePool,
  flatten,
  unflatten,
  padding,
  identity,
  activation,
  maxPool,
};

/** What is known about the kind of a layer with weights. @throws InputError if there is no such kind */
export function definitionOf(layer: Pick<WeightedLayer, "kind">): WeightedDefinition<WeightedLayer>;
/** What is known about the kind of a layer that runs on plain values only. */
export function definitionOf(layer: Pick<PlainOnlyLayer, "kind">): PlainOnlyDefinition<PlainOnlyLayer>;
/** What is known about any layer's kind. */
export function definitionOf(layer: Pick<NetworkLayer, "kind">): LayerDefinition<NetworkLayer>;
export function definitionOf(layer: Pick<NetworkLayer, "kind">): LayerDefinition<NetworkLayer> {
  const { kind, name } = (layer ?? {}) as Partial<NetworkLayer>;
  if (typeof kind === "string" && Object.hasOwn(definitions, kind)) {
    return definitions[kind] as LayerDefinition<NetworkLayer>;
  }
  throw new InputError(
    `layer ${inWords(name)}: expected a kind out of ${Object.keys(definitions).join(", ")}, got ` +
      `${inWords(kind)}; make layers with the functions of these names, as linearLayer`,
  );
}

/** Whether it is the name of a kind that can be computed on encrypted values. */
export function isLayerKind(kind: string): kind is Layer["kind"] {
  return (
    typeof kind === "string" &&
    Object.hasOwn(definitions, kind) &&
    definitionOf({ kind: kind as Layer["kind"] }).remedy === undefined
  );
}
