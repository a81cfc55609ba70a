import type { Model } from "../model/model.js";
import { adviseBy, type AdviceGoals, type AdviseOptions } from "../parameters-tester/advise.js";
import type { AdviceReport } from "../parameters-tester/advice.js";
import { thisMachine } from "./calibration/machine-costs.js";
import { compile } from "./compile.js";
import { infer } from "./infer.js";

/**
 * Which parameters to take for a model, by what operations cost on this machine, and run on worker threads.
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
  return adviseBy({ compile, infer, machine: () => ({ ...thisMachine() }) }, model, goals, options);
}
