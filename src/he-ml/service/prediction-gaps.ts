import { isList, isObject, requireArgument } from "../arguments.js";
import { sizeOf } from "../tensor/tensor.js";
import type { InferenceReport } from "./infer.js";

/** A stage whose error was larger than predicted. */
export interface PredictionGap {
  readonly stage: string;
  /** Standard deviation of the error that was told in advance, and the root mean square of the measured one. */
  readonly predicted: number;
  readonly measured: number;
}

/** Predictions are good to a factor of 3. */
const factor = 3;
/** Of the largest value: what rounding doubles may make, which nothing predicts. */
const doubles = 2 ** -36;

/**
 * The stages of a packed run whose measured error is not the predicted one: larger by more than a factor of 3, and by more
 * than so few values show by chance.
 *
 * @throws InputError if it is no report
 * @example for (const { stage, predicted, measured } of predictionGaps(report)) console.warn(stage, predicted, measured);
 */
export function predictionGaps(report: InferenceReport): PredictionGap[] {
  const { layers, explanation, images } = ((report as unknown) ?? {}) as Partial<InferenceReport>;
  const isRight = isList(layers) && layers.every(isObject) && typeof images === "number";
  requireArgument("predictionGaps", isRight, "the report of a run, as infer gives it", report);
  if (!explanation) return [];
  return explanation.stages.flatMap(({ name, predictedError: predicted }, i) => {
    const { error, shape } = layers[i];
    if (!error || error.relativeToMax < doubles) return [];
    // Errors have Laplace's tails (P(|e| > kσ) = exp(−k√2)): of one value, nine deviations are as rare as 3 in a million.
    const most = factor * predicted * (1 + 2 / Math.sqrt(images * sizeOf(shape)));
    return error.rms <= most ? [] : [{ stage: name, predicted, measured: error.rms }];
  });
}
