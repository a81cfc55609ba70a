import { isList, listInWords, requireArgument } from "../arguments.js";
import { InputError } from "../errors.js";

/**
 * Part of a model's layers, by the positions of its first to last layer. A re-encryption does not count as a layer; it
 * belongs to the layer behind it.
 *
 * @param positions contiguous and ascending, such as `[2, 3, 4]`
 * @throws InputError if there is a gap, or a position outside the model
 * @example forward(selectLayers(layers, [0, 1, 2, 3]), encryptedImages)
 */
export function selectLayers<L>(layers: readonly L[], positions: readonly number[]): readonly L[] {
  requireArgument(
    "layers",
    isList(layers),
    "the layers to choose from, as buildFromModel gives them",
    layers,
  );
  if (!Array.isArray(positions)) {
    throw new InputError(
      `layers: expected a list of positions, such as [0, 1, 2], got ${listInWords(positions)}`,
    );
  }
  const [first] = positions;
  const starts = layers.flatMap((layer, i) => (isReencryption(layer) ? [] : [i]));
  const inside = positions.length > 0 && Number.isInteger(first) && first >= 0;
  const contiguous = positions.every((position, i) => position === first + i);
  if (!inside || !contiguous || positions.at(-1)! >= starts.length) {
    throw new InputError(
      `layers: expected a contiguous range within 0–${starts.length - 1}, such as [0, 1, 2], ` +
        `got ${listInWords(positions)}`,
    );
  }
  const from = first === 0 ? 0 : starts[first - 1] + 1;
  return layers.slice(from, starts[first + positions.length - 1] + 1);
}

/**
 * Layers in a row, cut before some of them.
 *
 * @param layers numbers of layers, ascending
 * @param positions numbers before which to cut; what is no layer here cuts nothing
 * @example cutBefore([0, 1, 2, 3], [2]) // [[0, 1], [2, 3]]
 */
export function cutBefore(layers: readonly number[], positions: readonly number[]): number[][] {
  const parts: number[][] = [];
  for (const layer of layers) {
    if (parts.length === 0 || positions.includes(layer)) parts.push([]);
    parts.at(-1)!.push(layer);
  }
  return parts;
}

/** Encoded layers hold their description. */
function isReencryption(layer: unknown): boolean {
  const { layer: described } = (layer ?? {}) as { readonly layer?: { readonly kind?: unknown } };
  return described?.kind === "reencryption";
}
