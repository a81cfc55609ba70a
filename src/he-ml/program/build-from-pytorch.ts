import { listInWords, requireArgument, requireOptions } from "../arguments.js";
import { requireEvaluator, type SchemeEvaluator } from "../crypto/scheme-evaluator.js";
import { InputError } from "../errors.js";
import type { RunnableLayer } from "../layers/encoded-layer.js";
import { reencryption, type Reencryptor } from "../layers/functional/reencryption.js";
import { requireNetwork, type Network } from "../model/model.js";
import { encryptableModel } from "../model/unsupported-layers.js";
import {
  callableList,
  encodeModel,
  requireCarried,
  type BuildOptions,
  type EncodedModel,
} from "./build-from-model.js";

export interface BuildFromPytorchOptions extends BuildOptions {
  /** Numbers of the model's layers before which values are encrypted afresh. */
  readonly reencryptPositions?: readonly number[];
  /** Does it; must be given with `reencryptPositions`. */
  readonly reencryptor?: Reencryptor;
}

/**
 * The encoded layers of a network, in order, with re-encryptions between them: each callable by itself, all of them or a
 * range to be run by `forward`, and, without re-encryptions, the list callable as a whole. A re-encryption does not count as a layer: the layers keep their numbers, which are those
 * of the modules in PyTorch.
 *
 * @param network such as `loadNetwork` reads from a `.pt` file
 * @throws UnsupportedLayersError naming every layer that cannot be encrypted, and what to put in its place
 * @throws InputError before anything is encrypted if there is no such layer to re-encrypt before, or the modulus chain is
 *   too short, naming the layer and a chain that would do
 * @throws CoefficientOverflowError before anything is encrypted if BFV coefficients can outgrow the plain modulus, naming the
 *   layer and what would do
 * @example
 * const network = await loadNetwork("lenet1.pt", { inputShape: [1, 28, 28] });
 * const layers = buildFromPytorch(server.evaluator, network, { reencryptPositions: [3], reencryptor });
 */
export function buildFromPytorch(
  he: SchemeEvaluator,
  network: Network,
  options: BuildFromPytorchOptions = {},
): EncodedModel<RunnableLayer> {
  requireEvaluator("buildFromPytorch", he);
  requireNetwork("buildFromPytorch", network);
  const {
    reencryptPositions = [],
    reencryptor,
    valueRanges = network.valueRanges,
  } = requireOptions("buildFromPytorch", options);
  const model = encryptableModel(network);
  requirePositions(reencryptPositions, model.layers.length);
  const layers = encodeModel(he, model).flatMap((layer, index): RunnableLayer[] => {
    if (!reencryptPositions.includes(index)) return [layer];
    if (!reencryptor) {
      throw new InputError(
        `reencryptPositions: expected a reencryptor with them, got none; give who does it`,
      );
    }
    return [reencryption(he, { name: `reencryption before ${layer.layer.name}`, reencryptor }), layer];
  });
  requireCarried(layers, model, he.parameters, valueRanges);
  return callableList(layers);
}

function requirePositions(positions: readonly number[], layers: number): void {
  requireArgument("reencryptPositions", Array.isArray(positions), "a list of layers' numbers", positions);
  const wrong = positions.find(
    (position, i) =>
      !Number.isInteger(position) || position < 0 || position >= layers || positions.indexOf(position) !== i,
  );
  if (wrong === undefined) return;
  throw new InputError(
    `reencryptPositions: expected different layers within 0–${layers - 1}, got ${listInWords(positions)}; ` +
      `each means "before the layer of this number"`,
  );
}

/** More than any network has: a list of so many is still made at once. */
const mostLayers = 1e6;

/**
 * What PyCrCNN's `rencrypt_positions` come to as `reencryptPositions`: there each is the index at which a re-encryption is
 * inserted into the list of encoded layers, in turn, so that those inserted before count.
 *
 * @param layers how many layers the network has
 * @throws InputError if an index lies outside the growing list, or behind the last layer
 * @example reencryptPositionsFrom([2, 5], 8) // [2, 4]
 */
export function reencryptPositionsFrom(rencryptPositions: readonly number[], layers: number): number[] {
  requireArgument(
    "rencrypt_positions",
    Array.isArray(rencryptPositions),
    "a list of indices",
    rencryptPositions,
  );
  const isCount = Number.isInteger(layers) && layers >= 0 && layers <= mostLayers;
  requireArgument("rencrypt_positions: layers", isCount, `a whole number up to ${mostLayers}`, layers);
  const reencrypt = "reencrypt";
  const list: (number | typeof reencrypt)[] = Array.from({ length: layers }, (_, index) => index);
  for (const position of rencryptPositions) {
    if (!Number.isInteger(position) || position < 0 || position >= list.length) {
      throw new InputError(
        `rencrypt_positions: expected indices within 0–${list.length - 1} of the list as it grows, ` +
          `got ${listInWords(rencryptPositions)}`,
      );
    }
    list.splice(position, 0, reencrypt);
  }
  // Two in a row are one: what is fresh need not be made fresh again.
  const isLayer = (entry: number | typeof reencrypt): entry is number => entry !== reencrypt;
  return list.filter((entry, i): entry is number => isLayer(entry) && list[i - 1] === reencrypt);
}
