import { finished } from "../crypto/ciphertext.js";
import { requireEncrypted, type EncryptedTensor } from "../crypto/encrypted-tensor.js";
import type { Evaluator } from "../crypto/evaluator.js";
import { requireCkksEvaluator } from "../crypto/scheme-evaluator.js";
import { InputError } from "../errors.js";
import type { EncodedStep } from "../layers/encoded-step.js";
import { finishInTurns, runToEnd, type TurnOptions } from "../long-work.js";
import { requirePlan, stageForward, type Plan, type PlannedStage } from "../planner/plan.js";
import type { Tensor } from "../tensor/tensor.js";
import { StageRun } from "./stage-run.js";

/** A plan made ready to run, with all plaintexts encoded. Owns them: dispose of it, or hold it with `using`. */
export interface EncodedPlan extends Disposable {
  readonly stages: readonly EncodedStage[];
}

/** An encoded stage: a function from packed tensor to packed tensor. */
export interface EncodedStage extends EncodedStep {
  readonly stage: PlannedStage;
}

/**
 * Encodes a plan's weights and biases once, each at the level and scale at which it meets its ciphertext.
 *
 * @throws InputError if there is no evaluator or plan, the evaluator works under other parameters than the plan's, or a weight does not fit
 * @example
 * using encoded = encodePlan(server.evaluator, plan);
 * const { output, traces } = await collect(forward(encoded.stages, server.load(message)));
 */
export function encodePlan(he: Evaluator, plan: Plan): EncodedPlan {
  requireCkksEvaluator("encodePlan", he);
  requirePlan("encodePlan", plan);
  const runs = encodeStages(he, plan);
  return {
    stages: runs.map((run) => encodedStage(he, run)),
    [Symbol.dispose]: () => runs.forEach((run) => run[Symbol.dispose]()),
  };
}

/** The stages of a plan with their plaintexts; the caller owns them. */
export function encodeStages(he: Evaluator, plan: Plan): StageRun[] {
  if (he.parameters.coeffModulus.join() !== plan.parameters.coeffModulus.join()) {
    throw new InputError(
      `encodePlan: the evaluator works under other parameters than the plan; make the contexts with plan.parameters`,
    );
  }
  const runs: StageRun[] = [];
  const owner = { [Symbol.dispose]: () => runs.forEach((run) => run[Symbol.dispose]()) };
  finished(owner, () => {
    let at = plan.start;
    for (const stage of plan.stages) {
      const run = new StageRun(he, stage, at);
      runs.push(run);
      at = run.output;
    }
  });
  return runs;
}

/** A stage that is encoded already, to be computed by an evaluator that shares memory with the one that encoded it. */
export function encodedStage(he: Evaluator, run: StageRun): EncodedStage {
  const { stage } = run;
  const stepsFrom = (input: EncryptedTensor) => {
    requireEncrypted(`stage "${stage.name}"`, input);
    return run.steps(he, input);
  };
  const call = (input: EncryptedTensor): EncryptedTensor => runToEnd(stepsFrom(input));
  // A function's own name can only be defined anew, not assigned.
  Object.defineProperty(call, "name", { value: stage.name });
  return Object.assign(call, {
    stage,
    kind: stage.kind,
    modelLayers: stage.modelLayers,
    evaluator: he,
    run: async (input: EncryptedTensor, options?: TurnOptions) => finishInTurns(stepsFrom(input), options),
    plain: (batch: Tensor) => stageForward(stage, batch),
  });
}
