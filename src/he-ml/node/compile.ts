import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { CkksParameters } from "../crypto/parameters.js";
import type { Model } from "../model/model.js";
import { compileBy, type CompileOptions } from "../program/compile.js";
import type { Program } from "../program/program.js";
import { costsFile, machineCosts, planningCosts } from "./calibration/machine-costs.js";

/**
 * Plans encrypted inference of a model, or of a range of its layers, by what operations cost on this machine.
 *
 * @throws InputError before anything is encrypted, naming the layer or stage that does not fit, and what would help
 * @example
 * const program = await compile(model); // one image at a time, fast
 * const batch = await compile(model, { packing: "batch" }); // thousands of images at once
 */
export function compile(model: Model, options: CompileOptions = {}): Promise<Program> {
  const source = {
    planning: (evaluator: EvaluatorKind) => planningCosts(costsFile(), evaluator),
    under: (parameters: CkksParameters, evaluator: EvaluatorKind) =>
      machineCosts(parameters, costsFile(), evaluator),
  };
  return compileBy(source, model, options);
}
