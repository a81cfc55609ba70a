import { InputError } from "../errors.js";
import { selectLayers } from "../model/layer-range.js";
import type { Model } from "../model/model.js";
import type { OutputSpec } from "./client-spec.js";

/** Re-encryptions' positions, ascending. @throws InputError unless each is a layer of the model */
export function readPositions(positions: readonly number[] = [], { layers }: Model): readonly number[] {
  const outside = positions.find((position) => !(position in layers));
  if (outside === undefined) return positions.toSorted((a, b) => a - b);
  throw new InputError(
    `compile: reencryptPositions: expected layers within 0–${layers.length - 1}, got ${outside}; each means "before the ` +
      `layer of this number"`,
  );
}

/**
 * The layers of a program: those asked for, or all up to the next re-encryption.
 *
 * @param positions of re-encryptions, ascending
 * @throws InputError if they are no range of the model's, or reach over a re-encryption
 */
export function rangeOf(
  model: Model,
  layers: readonly number[] | undefined,
  input: OutputSpec | undefined,
  positions: readonly number[],
): readonly number[] {
  const all = model.layers.map((_, index) => index);
  const first = layers?.[0] ?? input?.nextLayer ?? 0;
  const end = positions.find((position) => position > first) ?? all.length;
  const range = layers ? selectLayers(all, layers) : all.slice(first, end);
  if (range.length === 0) {
    throw new InputError(
      `compile: model "${model.name}" has ${all.length} layers, and the input is the output of the last; nothing is left`,
    );
  }
  if (range.at(-1)! < end) return range;
  throw new InputError(
    `compile: values are encrypted afresh before layer ${end}, so one program computes layers ${first}–${end - 1} at most, ` +
      `got ${first}–${range.at(-1)}; compile each part by itself, as compileParts does`,
  );
}
