import * as z from "zod";
import type { TypeOf } from "../schema.js";
import type { Tensor } from "../tensor/tensor.js";

export const valueRangeSchema = z.object({ name: z.string(), min: z.number(), max: z.number() });

/** The smallest and largest value that a layer gave on some images; `input` names the images themselves. */
export interface ValueRange extends TypeOf<typeof valueRangeSchema> {}

/**
 * The ranges of a batch and of every layer's output on it: `input` first, then the layers in order.
 *
 * @param outputs what `modelForward` gave for the batch
 */
export function valueRanges(
  model: { readonly layers: readonly { readonly name: string }[] },
  batch: Tensor,
  outputs: readonly Tensor[],
): ValueRange[] {
  const names = ["input", ...model.layers.map(({ name }) => name)];
  return [batch, ...outputs].map(({ data }, i) => {
    let [min, max] = [Infinity, -Infinity];
    for (const value of data) {
      if (value < min) min = value;
      if (value > max) max = value;
    }
    return { name: names[i], min, max };
  });
}

/** The ranges that hold both, layer by layer. */
export function widened(a: readonly ValueRange[], b: readonly ValueRange[]): ValueRange[] {
  return a.map(({ name, min, max }, i) => ({
    name,
    min: Math.min(min, b[i].min),
    max: Math.max(max, b[i].max),
  }));
}
