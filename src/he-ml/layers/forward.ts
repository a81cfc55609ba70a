import { requireList } from "../arguments.js";
import { requireEncrypted, type EncryptedTensor } from "../crypto/encrypted-tensor.js";
import { operationsBetween } from "../crypto/operation-counts.js";
import type { EncodedStep } from "./encoded-step.js";
import { runSteps, type Runner, type RunOptions, type RunStep } from "./run.js";
import type { LayerTrace } from "./trace.js";

export type ForwardOptions = RunOptions<EncryptedTensor>;

/**
 * Runs encoded layers or stages one after the other, all of a model or a range, and yields each one's trace as soon as
 * it is done. Intermediate tensors are freed; the input stays the caller's, and so does the returned output.
 *
 * @throws InputError if these are no encoded layers or stages, or the input does not fit the first
 * @example
 * const { output, traces } = await collect(forward(layers, encryptedImages));
 */
export async function* forward(
  steps: readonly EncodedStep[],
  input: EncryptedTensor,
  options: ForwardOptions = {},
): AsyncGenerator<LayerTrace, EncryptedTensor> {
  const isStep = (step: unknown) => typeof step === "function" && "evaluator" in step;
  requireList(
    "forward",
    steps,
    "encoded layers or stages, as buildFromModel or encodePlan gives them",
    isStep,
  );
  requireEncrypted("forward", input);
  return yield* forwardInTurns(steps, input, options);
}

/** `forward`, whose steps wait for their turns where others compute with the same evaluator. */
export async function* forwardInTurns(
  steps: readonly EncodedStep[],
  input: EncryptedTensor,
  options: ForwardOptions,
  turns?: Runner<EncryptedTensor>["turns"],
): AsyncGenerator<LayerTrace, EncryptedTensor> {
  if (steps.length === 0) return input;
  const { parameters, kind: evaluator } = steps[0].evaluator;
  const free = (tensor: EncryptedTensor) => {
    if (tensor !== input) tensor[Symbol.dispose]();
  };
  const runner = { parameters, evaluator, free, turns };
  return yield* runSteps(Array.from(steps, asRunStep), input, runner, options);
}

function asRunStep(step: EncodedStep, position: number): RunStep<EncryptedTensor> {
  const { name, kind, modelLayers = [position], evaluator } = step;
  return {
    name,
    kind,
    modelLayers,
    plain: (batch) => step.plain(batch),
    async compute(input, options) {
      const operationsBefore = evaluator.operations;
      const output = await step.run(input, options);
      return {
        output,
        before: { level: input.level, scale: input.scale },
        after: { level: output.level, scale: output.scale },
        ops: operationsBetween(operationsBefore, evaluator.operations),
      };
    },
  };
}
