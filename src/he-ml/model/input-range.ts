import * as z from "zod";
import { InputError } from "../errors.js";
import { maxAbs, type Tensor } from "../tensor/tensor.js";
import type { TypeOf } from "../schema.js";
import type { Model } from "./model.js";
import type { ValueRange } from "./value-range.js";

export const inputRangeSchema = z.strictObject({
  min: z.number(),
  max: z.number(),
  /** Whether it is a guess, as neither ranges nor samples were given. */
  assumed: z.boolean(),
});

/** The values of inputs that a program was made for. */
export interface InputRange extends TypeOf<typeof inputRangeSchema> {}

/** The guess where nothing is known: pixels. */
const pixels: InputRange = { min: 0, max: 1, assumed: true };

/** Values may be larger than those that were seen by this factor: less than what plans leave room for. */
const margin = 2;

/**
 * The range of what the layer at `first` reads: of the samples and of the ranges that were recorded.
 *
 * @param samples images `[n, …shape]` of what that layer reads
 */
export function inputRangeOf(
  model: Model,
  first: number,
  samples: Tensor | undefined,
  valueRanges: readonly ValueRange[] = [],
): InputRange {
  const name = first === 0 ? "input" : model.layers[first - 1].name;
  const recorded = valueRanges.find((range) => range.name === name);
  const bounds = [
    ...(recorded ? [recorded.min, recorded.max] : []),
    ...(samples && samples.data.length > 0
      ? [samples.data.reduce((a, b) => Math.min(a, b)), samples.data.reduce((a, b) => Math.max(a, b))]
      : []),
  ];
  if (bounds.length === 0) return pixels;
  return { min: Math.min(...bounds), max: Math.max(...bounds), assumed: false };
}

/**
 * Values beyond the range that a program was made for may outgrow its modulus inside, and come back as garbage.
 *
 * @throws InputError if the largest magnitude is more than twice that of the range
 */
export function requireInputRange(operation: string, range: InputRange | undefined, images: Tensor): void {
  if (!range) return;
  const largest = maxAbs(images.data);
  if (largest <= margin * Math.max(Math.abs(range.min), Math.abs(range.max))) return;
  const made = range.assumed
    ? `the program was made for ${range.min} to ${range.max}, as nothing else was known`
    : `the program was made for ${range.min} to ${range.max}`;
  throw new InputError(
    `${operation}: images hold values up to ${largest}, ${made}; bring them to that range (divide bytes by 255), ` +
      `or compile with { samples } or { valueRanges } that hold such values`,
  );
}
