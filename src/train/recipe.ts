import { InputError } from "../he-ml/errors.js";

/** How a network is trained. */
export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  /** Adam's learning rate at the start; it falls to zero over the run along half a cosine. */
  readonly learningRate: number;
  /** The gradients of all weights together are scaled down to this Euclidean norm. */
  readonly clipNorm: number;
  /** Share of the target probability that is spread evenly over all classes; keeps logits small. */
  readonly labelSmoothing: number;
  /** Added to the loss: this times half the sum of the squared weights (not biases). */
  readonly weightDecay: number;
  /** Training images are moved by up to this many pixels along each axis, at random. */
  readonly maxShift: number;
}

/**
 * How a trained model is trained further; picked on 5,000 of MNIST's training images, held out. A rate of 0.008 ends
 * higher after two epochs, but its first steps throw away what the model knows.
 */
export const fineTuningRecipe: Recipe = {
  epochs: 10,
  batchSize: 64,
  learningRate: 0.003,
  clipNorm: 1,
  labelSmoothing: 0.05,
  weightDecay: 1e-5,
  maxShift: 1,
};

const fields = [
  "epochs",
  "batchSize",
  "learningRate",
  "clipNorm",
  "labelSmoothing",
  "weightDecay",
  "maxShift",
] as const satisfies readonly (keyof Recipe)[];

/**
 * A recipe with some of its fields replaced.
 *
 * @param changes Fields to replace; undefined ones, and whatever is no field of a recipe, are ignored.
 * @throws InputError naming the first field that cannot be used.
 */
export function checkRecipe(defaults: Recipe, changes: Partial<Recipe>): Recipe {
  const changed = fields.filter((field) => changes[field] !== undefined);
  const recipe: Recipe = {
    ...defaults,
    ...Object.fromEntries(changed.map((field) => [field, changes[field]])),
  };
  const demand = (field: keyof Recipe, holds: boolean, expected: string): void => {
    if (!holds) throw new InputError(`train ${field}: expected ${expected}, got ${recipe[field]}`);
  };
  const { epochs, batchSize, learningRate, clipNorm, labelSmoothing, weightDecay, maxShift } = recipe;
  demand("epochs", Number.isInteger(epochs) && epochs >= 1, "a whole number of at least 1");
  demand("batchSize", Number.isInteger(batchSize) && batchSize >= 1, "a whole number of at least 1");
  demand("learningRate", learningRate > 0 && learningRate <= 1, "a number above 0 and at most 1");
  demand("clipNorm", clipNorm > 0 && Number.isFinite(clipNorm), "a number above 0");
  demand("labelSmoothing", labelSmoothing >= 0 && labelSmoothing < 1, "a number from 0 to below 1");
  demand("weightDecay", weightDecay >= 0 && Number.isFinite(weightDecay), "a number of at least 0");
  demand(
    "maxShift",
    Number.isInteger(maxShift) && maxShift >= 0 && maxShift < 28,
    "a whole number from 0 to 27",
  );
  return recipe;
}
