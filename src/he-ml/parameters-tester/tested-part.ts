import {
  layerShapes,
  modelForward,
  requireBatchOf,
  requireNetwork,
  type Model,
  type Network,
} from "../model/model.js";
import { selectLayers } from "../model/layer-range.js";
import { encryptableModel } from "../model/unsupported-layers.js";
import { valueRanges } from "../model/value-range.js";
import type { Tensor } from "../tensor/tensor.js";

/** The layers of a network that are tested, and their exact values on the images. */
export interface TestedPart {
  /** The tested layers alone, with the ranges of their values on these very images. */
  readonly model: Model;
  /** Position of its first layer in the network. */
  readonly first: number;
  /** What its first layer reads, `[n, …shape]`: the images, or what the layers before it make of them in the clear. */
  readonly images: Tensor;
  /** The exact output of each of its layers. */
  readonly outputs: readonly Tensor[];
}

/**
 * @param positions of the layers, contiguous; all of them if left out
 * @throws InputError if there is no such range, a layer of it cannot be encrypted, or the images do not fit
 */
export function testedPart(network: Network, images: Tensor, positions?: readonly number[]): TestedPart {
  requireNetwork("testParameters", network);
  requireBatchOf(network.inputShape, images, `model "${network.name}"`);
  const [first = 0] = positions ?? [];
  const layers = positions ? selectLayers(network.layers, positions) : network.layers;
  const before = modelForward({ ...network, layers: network.layers.slice(0, first) }, images);
  const inputs = before.at(-1) ?? images;
  const inputShape = layerShapes(network)[first];
  const part = encryptableModel({ ...network, inputShape, layers });
  const outputs = modelForward(part, inputs);
  return {
    model: { ...part, valueRanges: valueRanges(part, inputs, outputs) },
    first,
    images: inputs,
    outputs,
  };
}
