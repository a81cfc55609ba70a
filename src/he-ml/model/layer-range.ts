import { InputError } from "../errors.js";

/**
 * Part of a model's layers, by the positions of its first to last layer.
 *
 * @param positions contiguous and ascending, such as `[2, 3, 4]`
 * @throws InputError if there is a gap, or a position outside the model
 * @example forward(selectLayers(layers, [0, 1, 2, 3]), encryptedImages)
 */
export function selectLayers<L>(layers: readonly L[], positions: readonly number[]): readonly L[] {
  const [first] = positions;
  const inside = positions.length > 0 && Number.isInteger(first) && first >= 0;
  const contiguous = positions.every((position, i) => position === first + i);
  if (!inside || !contiguous || positions.at(-1)! >= layers.length) {
    throw new InputError(
      `layers: expected a contiguous range within 0–${layers.length - 1}, such as [0, 1, 2], ` +
        `got [${positions.join(", ")}]`,
    );
  }
  return layers.slice(first, first + positions.length);
}
