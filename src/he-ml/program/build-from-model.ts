import { requireEncrypted, type EncryptedTensor } from "../crypto/encrypted-tensor.js";
import { requireOptions } from "../arguments.js";
import { requireEvaluator, type SchemeEvaluator } from "../crypto/scheme-evaluator.js";
import type { SchemeParameters } from "../crypto/scheme-parameters.js";
import { encodeLayer } from "../layers/encode.js";
import type { EncodedLayer, RunnableLayer } from "../layers/encoded-layer.js";
import { requireNetwork, type Model } from "../model/model.js";
import type { ValueRange } from "../model/value-range.js";
import { checkChain } from "./chain.js";
import { checkPlainModulus } from "./plain-modulus.js";

export interface BuildOptions {
  /** Ranges that the layers' values were seen in; with them, values that would wrap around are refused too. */
  readonly valueRanges?: readonly ValueRange[];
}

/** Encoded layers in order, and all of them as one: a list that can be called. */
export interface EncodedModel<L extends RunnableLayer = EncodedLayer> extends ReadonlyArray<L> {
  /**
   * Runs all layers one after the other. Intermediate tensors are freed; the input stays the caller's, and so does the
   * output.
   *
   * @throws InputError if the input does not fit
   */
  (input: EncryptedTensor): EncryptedTensor;
}

/**
 * The encoded layers of a model, in order: each callable by itself, all of them or a range to be run by `forward`, and the
 * list callable as a whole.
 *
 * @throws InputError before anything is encrypted if the modulus chain is too short, naming the layer and a chain
 *   that would do
 * @throws CoefficientOverflowError before anything is encrypted if BFV coefficients can outgrow the plain modulus, naming the
 *   layer and what would do
 * @example
 * const layers = buildFromModel(server.evaluator, model);
 * using features = layers[0](encrypted);
 * using logits = layers(encrypted);
 */
export function buildFromModel(he: SchemeEvaluator, model: Model, options: BuildOptions = {}): EncodedModel {
  requireEvaluator("buildFromModel", he);
  requireNetwork("buildFromModel", model);
  const { valueRanges } = requireOptions("buildFromModel", options);
  const layers = encodeModel(he, model);
  requireCarried(layers, model, he.parameters, valueRanges ?? model.valueRanges);
  return callableList(layers);
}

/**
 * Holds layers against what parameters carry: a CKKS modulus chain, or a BFV plain modulus.
 *
 * @throws InputError as `checkChain` and `checkPlainModulus` do
 */
export function requireCarried(
  layers: readonly RunnableLayer[],
  model: Model,
  parameters: SchemeParameters,
  valueRanges: readonly ValueRange[] | undefined,
): void {
  if (parameters.scheme === "bfv") checkPlainModulus(layers, model, parameters, { valueRanges });
  else checkChain(layers, model, parameters, { valueRanges });
}

/** The encoded counterpart of each layer. */
export function encodeModel(he: SchemeEvaluator, { layers }: Model): EncodedLayer[] {
  return layers.map((layer, index) => encodeLayer(he, layer, index));
}

/** A function with the list's elements and an array's methods. */
export function callableList<L extends RunnableLayer>(layers: readonly L[]): EncodedModel<L> {
  const callAll = (input: EncryptedTensor): EncryptedTensor => {
    requireEncrypted("layers", input);
    return layers.reduce((current, layer) => {
      try {
        return layer(current);
      } finally {
        if (current !== input) current[Symbol.dispose]();
      }
    }, input);
  };
  // Array.prototype's methods ask for nothing but `length` and elements. A function's own length cannot be assigned.
  Object.setPrototypeOf(callAll, Array.prototype);
  Object.defineProperty(callAll, "length", { value: layers.length });
  return Object.assign(callAll, layers) as unknown as EncodedModel<L>;
}
