import { requireOptions } from "../arguments.js";
import type { Shape, Tensor } from "../tensor/tensor.js";
import { multiplicativeDepth, type Depth } from "./depth.js";
import { layerOp } from "./layer-in-words.js";
import { layerShapes, modelForward, requireNetwork, type Network } from "./model.js";
import { parameterCount } from "./parameter-count.js";
import { unsupportedLayers, type UnsupportedLayer } from "./unsupported-layers.js";
import { requireValueRanges, valueRanges, type ValueRange } from "./value-range.js";

/** What there is to know about a network before it is encrypted. Plain JSON. */
export interface Inspection {
  readonly model: string;
  readonly inputShape: Shape;
  readonly layers: readonly InspectedLayer[];
  readonly parameters: number;
  readonly depth: Depth;
  readonly inputRange: InspectedLayer["range"];
  /** Where the ranges come from; null where there are none. */
  readonly rangesFrom: string | null;
  /** What its reader left out or changed on the way. */
  readonly notes: readonly string[];
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

export interface InspectOptions {
  /** A batch `[n, …inputShape]` to measure the ranges of values on. */
  readonly images?: Tensor;
  /** Ranges that are known already, for want of images; the network's own if left out. */
  readonly valueRanges?: readonly ValueRange[];
  /** What the result calls the source of the ranges; default: `images` or `valueRanges`, whichever was given. */
  readonly rangesFrom?: string;
}

/**
 * Looks at a network without encrypting anything: shapes, parameters, depth, ranges of values, and the layers that
 * cannot be encrypted.
 *
 * @throws InputError if it is no network, or the images are not what it takes
 * @example inspectNetwork(await loadNetwork("trained.onnx"), { images }).depth.total
 */
export function inspectNetwork(network: Network, options: InspectOptions = {}): Inspection {
  requireNetwork("inspectNetwork", network);
  requireOptions("inspectNetwork", options);
  requireValueRanges("inspectNetwork", options.valueRanges);
  const { name, inputShape, layers } = network;
  const shapes = layerShapes(network);
  const { ranges, rangesFrom } = rangesOf(network, options);
  const rangeOf = (name: string) => {
    const found = ranges.find((range) => range.name === name);
    return found ? { min: found.min, max: found.max } : null;
  };
  const inspected = layers.map((layer, index) => ({
    index,
    name: layer.name,
    kind: layerOp(layer),
    inputShape: shapes[index],
    outputShape: shapes[index + 1],
    parameters: parameterCount(layer),
    range: rangeOf(layer.name),
  }));
  return {
    model: name,
    inputShape,
    layers: inspected,
    parameters: inspected.reduce((sum, { parameters }) => sum + parameters, 0),
    depth: multiplicativeDepth(network),
    inputRange: rangeOf("input"),
    rangesFrom,
    notes: network.notes ?? [],
    unsupported: unsupportedLayers(network),
  };
}

function rangesOf(
  network: Network,
  { images, valueRanges: known = network.valueRanges, rangesFrom }: InspectOptions,
): { readonly ranges: readonly ValueRange[]; readonly rangesFrom: string | null } {
  if (images) {
    const ranges = valueRanges(network, images, modelForward(network, images));
    return { ranges, rangesFrom: rangesFrom ?? "images" };
  }
  return known
    ? { ranges: known, rangesFrom: rangesFrom ?? "valueRanges" }
    : { ranges: [], rangesFrom: null };
}
