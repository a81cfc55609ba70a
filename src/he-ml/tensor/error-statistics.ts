import * as z from "zod";
import { InputError } from "../errors.js";
import { countSchema, measuredSchema, type TypeOf } from "../schema.js";
import { formatShape, maxAbs, requireTensor, type Tensor } from "./tensor.js";

export const errorStatisticsSchema = z.strictObject({
  /** Largest absolute error. */
  maxAbs: measuredSchema,
  /** Mean absolute error. */
  mean: measuredSchema,
  /** Root mean square error. */
  rms: measuredSchema,
  /** 99th percentile of the absolute error (nearest rank). */
  p99: measuredSchema,
  /** Row-major position of the largest error. */
  argmax: countSchema,
  /** `maxAbs` divided by the largest expected magnitude; 1 where nothing but zeros was expected and something came. */
  relativeToMax: measuredSchema,
  /** -log2(relativeToMax): correct bits below the largest magnitude. From 0 to 53, a double's significand. */
  precisionBits: measuredSchema,
});

/** How far computed values lie from the expected ones. Every figure is in the values' own unit unless named. */
export interface ErrorStatistics extends TypeOf<typeof errorStatisticsSchema> {}

/**
 * Compares two tensors value by value.
 *
 * @throws InputError if one is no tensor, or the shapes differ or are empty.
 */
export function errorStatistics(actual: Tensor, expected: Tensor): ErrorStatistics {
  requireTensor("errorStatistics", actual);
  requireTensor("errorStatistics", expected);
  if (formatShape(actual.shape) !== formatShape(expected.shape)) {
    throw new InputError(
      `errorStatistics: expected shape ${formatShape(expected.shape)}, got ${formatShape(actual.shape)}`,
    );
  }
  const count = actual.data.length;
  if (count === 0) throw new InputError("errorStatistics: expected at least one value, got none");

  const errors = actual.data.map((value, i) => Math.abs(value - expected.data[i]));
  let argmax = 0;
  let sum = 0;
  let sumOfSquares = 0;
  errors.forEach((error, i) => {
    if (error > errors[argmax] || Number.isNaN(error)) argmax = i;
    sum += error;
    sumOfSquares += error * error;
  });
  const largest = errors[argmax];
  const magnitude = maxAbs(expected.data);
  const relativeToMax = largest === 0 ? 0 : magnitude === 0 ? 1 : largest / magnitude;
  return {
    maxAbs: largest,
    mean: sum / count,
    rms: Math.sqrt(sumOfSquares / count),
    p99: errors.toSorted()[Math.ceil(0.99 * count) - 1],
    argmax,
    relativeToMax,
    precisionBits: Math.max(0, Math.min(53, -Math.log2(relativeToMax))),
  };
}
