import { ClearContext } from "../crypto/clear-context.js";
import type { ClearCiphertext } from "../crypto/clear-evaluator.js";
import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import { NoisyEvaluator } from "../crypto/noisy-evaluator.js";
import { layerForward } from "../model/model.js";
import { recurringGaussians } from "../planner/errors/gaussians.js";
import { tryPlan } from "../planner/errors/planned-errors.js";
import { usualImages } from "../planner/errors/samples.js";
import { tensor, type Tensor } from "../tensor/tensor.js";
import type { InputSpec } from "./client-spec.js";
import { layeredSteps } from "./layered-steps.js";
import type { LayeredProgram, PackedProgram, ProgramContent } from "./program-content.js";

/** Errors at the outputs of a stage or layer, in the values' own unit, as they are expected of a run. */
export interface PredictedErrors {
  readonly rms: number;
  /** The largest magnitude among all outputs of the run, on average over runs. */
  readonly maxAbs: number;
}

/** Runs that errors are a mean of, layer by layer, and by a plan: where one slot has most of an error, few would show any size. */
const leastRuns = 16;
const leastTrials: Readonly<Record<EvaluatorKind, number>> = { seal: 16, kernel: 4 };
/** Images that are made up for them where none are given: one makes little of some channels, or of all. */
const usualCount = 4;
const seed = 2_001;

/**
 * Images of usual values for what a program reads: by the ranges that are known of its model, or of the program's input.
 */
export function usualInputs({ model, layers, inputRange }: ProgramContent, images: number): Tensor {
  const ranges =
    model.valueRanges ??
    (layers[0] === 0 && inputRange ? [{ name: "input", min: inputRange.min, max: inputRange.max }] : []);
  return usualImages(model, layers[0], images, ranges);
}

/**
 * What errors come to by a plan, in a trial.
 *
 * @param given images of the run, `[n, …shape]`. If left out, images of usual values are made up where the model knows the ranges
 *   of its layers' values. Where it does not, the plan knows more than such images show: how large errors are, it says
 */
export function packedErrors({ plan, input, ...program }: PackedProgram, given?: Tensor): PredictedErrors[] {
  const images = given ?? usualInputs({ plan, input, ...program }, usualCount);
  const { errors, largestErrors } = tryPlan(plan, images, {
    start: startOf(input),
    leastRuns: leastTrials[plan.evaluator],
  });
  const isKnown = given !== undefined || program.model.valueRanges !== undefined;
  return plan.stages.map(({ predictedError }, i) =>
    isKnown || errors[i] === 0
      ? { rms: errors[i], maxAbs: largestErrors[i] }
      : { rms: predictedError, maxAbs: (predictedError * largestErrors[i]) / errors[i] },
  );
}

const startOf = (input: PackedProgram["input"]) =>
  input && { predictedError: input.predictedError ?? 0, leftovers: input.leftovers };

/**
 * What errors come to layer by layer: the images are run on a twin with noise, several times at once, and compared with
 * the plain layers.
 *
 * @param images of the run, `[n, …shape]`
 */
export function layeredErrors(program: LayeredProgram, start: InputSpec, images: Tensor): PredictedErrors[] {
  const { packing, model, layers, evaluator } = program;
  const [count, ...shape] = images.shape;
  // Slot 0 holds the first image, or in packing `scalar` every value; the runs follow each other.
  const perRun = packing === "batch" ? count : 1;
  const runs = Math.ceil(leastRuns / perRun);
  const parameters = { ...program.parameters, slots: runs * perRun };
  const twin = new NoisyEvaluator(parameters, {
    evaluator,
    gaussian: recurringGaussians(seed),
    slotOf: (index) => index % perRun,
  });
  const context = new ClearContext(parameters, twin);
  const repeated = packing === "batch" ? repeat(images, runs) : images;
  let current = context.encrypt(tensor([repeated.shape[0], ...shape], repeated.data), { packing }, start);
  let expected = images;
  return layeredSteps(twin, program).map((step, i) => {
    current = step(current);
    expected = layerForward(model.layers[layers[i]], expected);
    return statistics(current, expected, runs);
  });
}

const repeat = ({ shape: [count, ...shape], data }: Tensor, times: number): Tensor => {
  const repeated = new Float64Array(times * data.length);
  for (let time = 0; time < times; time++) repeated.set(data, time * data.length);
  return tensor([times * count, ...shape], repeated);
};

function statistics(
  { ciphertexts, packing }: EncryptedTensor,
  { shape, data }: Tensor,
  runs: number,
): PredictedErrors {
  const size = data.length / shape[0];
  const largest = new Float64Array(runs);
  let squares = 0;
  ciphertexts.forEach((ciphertext, index) => {
    const { values } = ciphertext as ClearCiphertext;
    const perRun = values.length / runs;
    for (let at = 0; at < values.length; at++) {
      const value = packing === "batch" ? data[(at % perRun) * size + index] : data[index];
      const error = Math.abs(values[at] - value);
      const run = Math.floor(at / perRun);
      squares += error * error;
      largest[run] = Math.max(largest[run], error);
    }
  });
  return {
    rms: Math.sqrt(squares / (runs * data.length)),
    maxAbs: largest.reduce((sum, each) => sum + each, 0) / runs,
  };
}
