import * as z from "zod";
import type { TypeOf } from "../schema.js";
import { isObject, requireArgument, requireList } from "../arguments.js";
import { InputError } from "../errors.js";
import { requireTensor, type Tensor } from "../tensor/tensor.js";

export const valueRangeSchema = z.object({ name: z.string(), min: z.number(), max: z.number() });

/** The smallest and largest value that a layer gave on some images; `input` names the images themselves. */
export interface ValueRange extends TypeOf<typeof valueRangeSchema> {}

/**
 * The ranges of a batch and of every layer's output on it: `input` first, then the layers in order.
 *
 * @param outputs what `modelForward` gave for the batch
 * @throws InputError unless there are tensors, one for each layer
 */
export function valueRanges(
  model: { readonly layers: readonly { readonly name: string }[] },
  batch: Tensor,
  outputs: readonly Tensor[],
): ValueRange[] {
  requireArgument("valueRanges", isObject(model), "a model, as loadModel or defineModel gives it", model);
  requireList("valueRanges", model.layers, "a model with a list of layers");
  requireTensor("valueRanges", batch);
  requireList("valueRanges", outputs, "the outputs of all layers; take them as modelForward gives them");
  outputs.forEach((output) => requireTensor("valueRanges", output));
  if (outputs.length !== model.layers.length) {
    throw new InputError(
      `valueRanges: expected an output for each of ${model.layers.length} layers, got ${outputs.length}; ` +
        `take them as modelForward gives them`,
    );
  }
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

/** @throws InputError unless they are ranges, or left out */
export function requireValueRanges(operation: string, ranges: unknown): void {
  if (ranges === undefined) return;
  const isRange = (range: unknown) => valueRangeSchema.safeParse(range).success;
  requireList(`${operation}: valueRanges`, ranges, "a list of { name, min, max }", isRange);
}

/** The ranges that hold both, layer by layer. */
export function widened(a: readonly ValueRange[], b: readonly ValueRange[]): ValueRange[] {
  return a.map(({ name, min, max }, i) => ({
    name,
    min: Math.min(min, b[i].min),
    max: Math.max(max, b[i].max),
  }));
}
