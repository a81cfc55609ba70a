import type { Model } from "../model/model.js";
import { adviseBy, type AdviceGoals, type AdviseOptions } from "../parameters-tester/advise.js";
import type { AdviceReport } from "../parameters-tester/advice.js";
import { compile } from "../program/compile.js";
import { infer } from "./infer.js";

/**
 * Which parameters to take for a model, by typical costs of operations, and run as `infer` of this page runs them.
 *
 * @throws InputError if these are no model, goals or options, or the model holds what cannot be encrypted
 * @example
 * const { points, recommended } = await advise(await loadModel("lenet1"), { goal: "throughput" }, { images });
 */
export function advise(
  model: Model,
  goals: AdviceGoals = {},
  options: AdviseOptions = {},
): Promise<AdviceReport> {
  return adviseBy({ compile, infer, machine: () => ({}) }, model, goals, options);
}
