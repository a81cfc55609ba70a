import { InputError } from "../errors.js";
import { formatShape, sizeOf, type Shape } from "../tensor/tensor.js";

/** Numbers that a model may hold: with more it cannot be encrypted, and its file is wrong or malicious. */
export const mostWeights = 2 ** 25;

/** Of one image between two layers: at one ciphertext a value, far more than any memory holds. */
const mostValues = 2 ** 24;

/** Of any file: a larger model could not be encrypted anyway. */
export const largestFileBytes = 2 ** 30;

/** Of the description of a model's layers: some lines for each. */
export const largestDescriptionBytes = 2 ** 20;

/**
 * @param what names the layer that gives the shape, or the input
 * @throws InputError if no machine could hold that many values
 */
export function requireManageable(what: string, shape: Shape): void {
  if (sizeOf(shape) <= mostValues) return;
  throw new InputError(`${what}: gives ${formatShape(shape)} values, at most ${mostValues} can be handled`);
}
