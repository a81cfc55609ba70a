import {
  layerShapes,
  modelForward,
  requireBatchOf,
  type Network,
  type NetworkLayer,
} from "../he-ml/model/model.js";
import { unsupportedLayers, type UnsupportedLayer } from "../he-ml/model/unsupported-layers.js";
import { valueRanges, type ValueRange } from "../he-ml/model/value-range.js";
import { sizeOf, type Shape } from "../he-ml/tensor/tensor.js";
import { datasetImages } from "./images-source.js";
import type { NetworkSource } from "./model-source.js";

/** What `he-ml inspect --json` prints. */
export interface Inspection {
  readonly model: string;
  readonly inputShape: Shape;
  readonly layers: readonly InspectedLayer[];
  readonly parameters: number;
  readonly depth: Depth;
  readonly inputRange: InspectedLayer["range"];
  /** Where the ranges come from; null where there are none. */
  readonly rangesFrom: string | null;
  readonly unsupported: readonly UnsupportedLayer[];
}

export interface InspectedLayer {
  readonly index: number;
  readonly name: string;
  readonly kind: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Weights and biases, or a polynomial's coefficients. */
  readonly parameters: number;
  /** Of the layer's output; null where it is not known. */
  readonly range: { readonly min: number; readonly max: number } | null;
}

/** Multiplications one after the other; null where a layer cannot be encrypted. */
export interface Depth {
  /** Of ciphertexts with ciphertexts: what needs relinearization. */
  readonly ciphertext: number | null;
  /** The same and those with weights: the most primes that rescaling after each would use up. */
  readonly total: number | null;
}

export interface InspectOptions {
  /** Whose first test images give the ranges; without it, those of `metrics.json` are taken. */
  readonly dataset?: string;
  readonly datasetDir?: string;
}

/** Every dataset has as many committed test images. */
const rangeImages = 100;

/**
 * Looks at a network without encrypting anything.
 *
 * @throws InputError if the dataset's images are not what the network takes
 */
export async function inspectNetwork(
  source: NetworkSource,
  options: InspectOptions = {},
): Promise<Inspection> {
  const { network } = source;
  const { name, inputShape, layers } = network;
  const shapes = layerShapes(network);
  const ranges =
    options.dataset === undefined
      ? source.valueRanges
      : await measuredRanges(network, options.dataset, options);
  const unsupported = unsupportedLayers(network);
  const inspected = layers.map((layer, index) => ({
    index,
    name: layer.name,
    kind: layer.kind === "activation" ? layer.function : layer.kind,
    inputShape: shapes[index],
    outputShape: shapes[index + 1],
    parameters: parametersOf(layer),
    range: rangeOf(layer.name, ranges),
  }));
  return {
    model: name,
    inputShape,
    layers: inspected,
    parameters: inspected.reduce((sum, { parameters }) => sum + parameters, 0),
    depth: unsupported.length > 0 ? { ciphertext: null, total: null } : depthOf(layers),
    inputRange: rangeOf("input", ranges),
    rangesFrom: ranges ? (options.dataset ?? "metrics.json") : null,
    unsupported,
  };
}

async function measuredRanges(
  network: Network,
  dataset: string,
  { datasetDir }: InspectOptions,
): Promise<ValueRange[]> {
  const { images } = await datasetImages(dataset, 0, rangeImages, datasetDir);
  requireBatchOf(network.inputShape, images, `model "${network.name}"`);
  return valueRanges(network, images, modelForward(network, images));
}

function parametersOf(layer: NetworkLayer): number {
  switch (layer.kind) {
    case "convolutional":
    case "linear":
      return sizeOf(layer.weights.shape) + (layer.bias ? sizeOf(layer.bias.shape) : 0);
    case "polynomial":
      return layer.coefficients.length;
    default:
      return 0;
  }
}

function depthOf(layers: readonly NetworkLayer[]): Depth {
  const sum = (depthOfLayer: (layer: NetworkLayer) => number) =>
    layers.reduce((total, layer) => total + depthOfLayer(layer), 0);
  return { ciphertext: sum(ciphertextDepth), total: sum(totalDepth) };
}

function ciphertextDepth(layer: NetworkLayer): number {
  if (layer.kind === "square") return 1;
  return layer.kind === "polynomial" ? Math.ceil(Math.log2(layer.coefficients.length - 1)) : 0;
}

/** An average pool divides by declaring another scale, and multiplies nothing. */
function totalDepth(layer: NetworkLayer): number {
  if (layer.kind === "convolutional" || layer.kind === "linear") return 1;
  if (layer.kind !== "polynomial") return ciphertextDepth(layer);
  // A quadratic's factor goes into the scale; otherwise the coefficients take a multiplication where d + 1 is no less.
  const degree = layer.coefficients.length - 1;
  return degree === 2 ? 1 : Math.ceil(Math.log2(degree + 1));
}

function rangeOf(name: string, ranges: readonly ValueRange[] = []): InspectedLayer["range"] {
  const found = ranges.find((range) => range.name === name);
  return found ? { min: found.min, max: found.max } : null;
}
