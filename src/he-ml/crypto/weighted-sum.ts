import { maxAbs } from "../tensor/tensor.js";
import { countAdditions } from "./bucket-sum.js";
import { chooseWindows, type Windows } from "./windows.js";

/** How Σ wᵢ·xᵢ with integer weights is computed, and the operations that takes. */
export interface WeightedSumMethod {
  /** Windows of a sum by buckets; undefined for products with constant plaintexts. */
  readonly windows?: Windows;
  readonly multiplyPlain: number;
  readonly add: number;
}

/** Additions of ciphertexts that take the time of one product with a plaintext (node-seal 7.0.0, N = 8192). */
const additionsInAProduct = 14;

/** The cheaper method for these weights, none of which is zero. */
export function weightedSumMethod(weights: readonly number[]): WeightedSumMethod {
  const windows = chooseWindows(weights.length, maxAbs(weights));
  if (windows.additions < additionsInAProduct * weights.length) {
    return { windows, multiplyPlain: 0, add: countAdditions(weights, windows) };
  }
  return { multiplyPlain: weights.length, add: weights.length - 1 };
}
