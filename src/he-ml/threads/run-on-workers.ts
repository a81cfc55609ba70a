import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { CkksParameters } from "../crypto/parameters.js";
import { runSteps, type RunOptions, type RunStep } from "../layers/run.js";
import type { LayerTrace } from "../layers/trace.js";
import type { Turns } from "../service/turns.js";
import { sharedView, unshared, type SharedMemory, type SharedTensor } from "./shared-tensor.js";

/** What steps on workers are run with. */
export interface Workers {
  readonly parameters: CkksParameters;
  readonly evaluator: EvaluatorKind;
  readonly memory: SharedMemory;
  readonly turns: Turns;
}

/** Runs steps that workers compute on tensors in shared memory. */
export async function* runOnWorkers(
  steps: readonly RunStep<SharedTensor>[],
  input: SerializedTensor,
  { memory, ...workers }: Workers,
  { twin, ...options }: RunOptions<SerializedTensor>,
): AsyncGenerator<LayerTrace, SerializedTensor> {
  const runner = { ...workers, free: (tensor: SharedTensor) => memory.release(tensor) };
  const output = yield* runSteps(steps, memory.share(input), runner, {
    ...options,
    twin: twin && { input: twin.input, decrypt: (tensor) => twin.decrypt(sharedView(tensor)) },
  });
  const result = unshared(output);
  memory.release(output);
  return result;
}
