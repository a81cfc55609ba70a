import { isObject, requireArgument, requireList } from "../arguments.js";
import { layerOp } from "./layer-in-words.js";
import { definitionOf } from "./layers.js";
import { ModelError } from "./model-error.js";
import { requireNetwork, type Model, type Network, type NetworkLayer, type PlainOnlyLayer } from "./model.js";

/** A layer of a network that cannot be computed on encrypted values. */
export interface UnsupportedLayer {
  /** Its place among the network's layers, counted from 0. */
  readonly position: number;
  readonly name: string;
  /** The function it computes, such as `relu` or `maxPool`, or what its file calls it. */
  readonly op: string;
  /** What to put in its place. */
  readonly remedy: string;
}

/** A network has layers without an encrypted form; all of them are named, each with what to put in its place. */
export class UnsupportedLayersError extends ModelError {
  override readonly name = "UnsupportedLayersError";

  constructor(
    readonly modelName: string,
    readonly layers: readonly UnsupportedLayer[],
    furtherReason?: string,
  ) {
    const count = layers.length === 1 ? "1 layer" : `${layers.length} layers`;
    const each = layers.map(
      ({ position, name, op, remedy }) => `layer ${position} ${JSON.stringify(name)} (${op}): ${remedy}`,
    );
    const further = furtherReason === undefined ? "" : `; besides, ${furtherReason}`;
    super(`model "${modelName}" has ${count} that cannot be encrypted: ${each.join("; ")}${further}`);
  }
}

/** Whether a layer runs on plain values only. */
export function isPlainOnly(layer: NetworkLayer): layer is PlainOnlyLayer {
  return definitionOf(layer).remedy !== undefined;
}

/**
 * Every layer of a network that runs on plain values only, with what to put in its place.
 *
 * @throws InputError if it has no list of layers
 */
export function unsupportedLayers(network: Pick<Network, "layers">): UnsupportedLayer[] {
  requireArgument("unsupportedLayers", isObject(network), "a network, as loadNetwork gives it", network);
  const { layers } = network;
  requireList("unsupportedLayers", layers, "a network with a list of layers");
  return layers.flatMap((layer, position) => {
    const { remedy } = definitionOf(layer);
    return remedy === undefined ? [] : [{ position, name: layer.name, op: layerOp(layer), remedy }];
  });
}

/**
 * The network as a model, every layer of which can be computed on encrypted values.
 *
 * @throws UnsupportedLayersError naming every layer that cannot, and what to put in its place
 * @example const model = encryptableModel(await loadNetwork("trained.onnx"))
 */
export function encryptableModel(network: Network): Model {
  requireNetwork("encryptableModel", network);
  const unsupported = unsupportedLayers(network);
  if (unsupported.length > 0) throw new UnsupportedLayersError(network.name, unsupported);
  return network as Model;
}
