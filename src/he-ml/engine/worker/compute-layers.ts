import { chooseEvaluator } from "../../crypto/choose-evaluator.js";
import type { LevelAndScale } from "../../crypto/ciphertext.js";
import type { EvaluationKeys } from "../../crypto/evaluation-keys.js";
import { PublicContext } from "../../crypto/public-context.js";
import { checkSchemeParameters, type SchemeParameters } from "../../crypto/scheme-parameters.js";
import { InputError } from "../../errors.js";
import { encryptsZero } from "../../layers/encrypts-zero.js";
import { forward } from "../../layers/forward.js";
import { collect } from "../../layers/run.js";
import { definitionOf } from "../../model/layers.js";
import { describeLayer } from "../../model/layer.js";
import { selectLayers } from "../../model/layer-range.js";
import { layerShapes, type Layer, type Model } from "../../model/model.js";
import { encodeModel } from "../../program/build-from-model.js";
import { checkChain, type ChainOptions } from "../../program/chain.js";
import { checkPlainModulus } from "../../program/plain-modulus.js";
import { formatShape, sizeOf, type Shape } from "../../tensor/tensor.js";
import type { LayersRequest, TaskResult } from "../engine-types.js";

/** What `computeLayers` says of its ciphertexts. */
export interface ComputedLayers {
  /** Of one image. */
  readonly shape: Shape;
  /** BFV: what values are multiplied by. */
  readonly scale?: number;
}

/**
 * Computes a range of a model's layers, one value a ciphertext. CKKS ciphertexts come at whatever level and scale they are.
 * BFV's do not say what their digits can reach: they are taken for fresh ones, so that what overflows between two ranges shows to
 * whoever decrypts.
 *
 * @param input ciphertexts in row-major order, image after image; behind them the public key and those for relinearization, where
 *   the request says so
 * @param sessionKeys taken instead of keys behind the ciphertexts
 * @returns ciphertexts as sections, and `ComputedLayers` as `about`
 * @throws InputError before anything is computed if there are no such layers, the parameters have no security or do not carry the
 *   layers, ciphertexts or keys are damaged, or a key is missing
 */
export async function computeLayers(
  { model, request }: { readonly model: Model; readonly request: LayersRequest },
  input: readonly Uint8Array[],
  sessionKeys?: EvaluationKeys,
): Promise<TaskResult> {
  const layers = selectLayers(model.layers, request.layers);
  const [first] = request.layers;
  const shapes = layerShapes(model).slice(first, first + layers.length + 1);
  const parameters = secureParameters(request.parameters);
  requireShape(request, shapes[0], layers[0]);
  const { ciphertexts, keys = sessionKeys } = sectionsOf(request, input);
  requireKeys(parameters, layers, shapes, keys);
  const isBfv = parameters.scheme === "bfv";
  const { evaluator } = await chooseEvaluator(parameters, isBfv ? { usual: "seal" } : {});
  using context = keys
    ? await PublicContext.load(parameters, keys, { evaluator })
    : await PublicContext.open(parameters, { evaluator });
  const { images, shape, scale } = request;
  using encrypted = context.load({ packing: "scalar", images, shape, ciphertexts, scale });
  const encoded = selectLayers(encodeModel(context.evaluator, model), request.layers);
  if (parameters.scheme === "bfv") checkPlainModulus(encoded, model, parameters, model);
  else
    checkChain(encoded, { ...model, inputShape: shapes[0] }, parameters, chainFrom(model, first, encrypted));
  const { output, traces } = await collect(forward(encoded, encrypted));
  using computed = output;
  const saved = context.save(computed);
  const about: ComputedLayers = { shape: saved.shape, ...(isBfv && { scale: saved.scale }) };
  return {
    sections: saved.ciphertexts,
    about,
    traces,
    evaluateMilliseconds: traces.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
  };
}

function secureParameters(given: unknown): SchemeParameters {
  const parameters = checkSchemeParameters(given as SchemeParameters);
  if (parameters.security !== "teaching") return parameters;
  throw new InputError(
    `layers: expected parameters of at least 128-bit security, got "teaching", which promises none; ` +
      `leave "security" out, and take a chain that the degree allows`,
  );
}

function requireShape({ shape }: LayersRequest, expected: Shape, layer: Layer): void {
  if (formatShape(shape) === formatShape(expected)) return;
  throw new InputError(
    `layers: ${describeLayer(layer)} takes images of ${formatShape(expected)}, got ${formatShape(shape)}; ` +
      `send what the layers before it gave, or the range that begins with such images`,
  );
}

/** @throws InputError unless there are as many ciphertexts as the shape takes, and as many keys as were announced */
function sectionsOf(
  { images, shape, keys, session }: LayersRequest,
  input: readonly Uint8Array[],
): { readonly ciphertexts: readonly Uint8Array[]; readonly keys?: EvaluationKeys } {
  const ciphertextCount = images * sizeOf(shape);
  const announced = session === undefined ? [keys.publicKey, keys.relinKeys].filter(Boolean).length : 0;
  if (input.length !== ciphertextCount + announced) {
    throw new InputError(
      `layers: ${images} image(s) of ${formatShape(shape)} take ${ciphertextCount} ciphertexts, and ${announced} key(s) were ` +
        `announced, got ${input.length} in all; send one ciphertext for each value`,
    );
  }
  const ciphertexts = input.slice(0, ciphertextCount);
  if (announced === 0) return { ciphertexts };
  if (!keys.publicKey) {
    throw new InputError(
      `layers: expected the public key before the relinearization keys, got these alone; send both`,
    );
  }
  const [publicKey, relinKeys] = input.slice(ciphertextCount);
  return { ciphertexts, keys: { publicKey, relinKeys } };
}

/** @throws InputError naming the first layer that needs a key that there is not */
function requireKeys(
  parameters: SchemeParameters,
  layers: readonly Layer[],
  shapes: readonly Shape[],
  keys: EvaluationKeys | undefined,
): void {
  layers.forEach((layer, index) => {
    if (!keys?.relinKeys && (definitionOf(layer).depth?.(layer).ciphertext ?? 0) > 0) {
      throw new InputError(
        `layers: ${describeLayer(layer)} multiplies ciphertexts, which takes relinearization keys, and there are none; send the ` +
          `public key and the relinearization keys with the request`,
      );
    }
    if (!keys && encryptsZero(parameters, layer, shapes[index])) {
      throw new InputError(
        `layers: ${describeLayer(layer)} encrypts zeros, which takes the public key, and there is none; send it with the request`,
      );
    }
  });
}

/** Where a range of layers starts, and the ranges of its values: its input is what the layer before it gives. */
function chainFrom({ layers, valueRanges }: Model, first: number, start: LevelAndScale): ChainOptions {
  const before = layers[first - 1]?.name ?? "input";
  const input = valueRanges
    ?.filter(({ name }) => name === before)
    .map((range) => ({ ...range, name: "input" }));
  return { start, valueRanges: input && [...input, ...valueRanges!.filter(({ name }) => name !== "input")] };
}
