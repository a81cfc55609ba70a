import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { CkksParameters } from "../crypto/parameters.js";
import type { Model } from "../model/model.js";
import { compilePartsBy, type CompilePartsOptions } from "../program/compile-parts.js";
import { compileBy, type CompileOptions } from "../program/compile.js";
import type { CostSource } from "../program/cost-source.js";
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
  return compileBy(measured(), model, options);
}

/**
 * Compiles a model in parts, between which whoever holds the key encrypts values afresh, by what operations cost on this
 * machine.
 *
 * @returns a program for each part, in order; `infer` takes them as they are, under one secret key
 * @throws InputError as `compile` does, naming the layer or stage that no chain of a part's carries
 * @example const parts = await compileParts(model, { reencryptPositions: [3] });
 */
export function compileParts(model: Model, options: CompilePartsOptions): Promise<Program[]> {
  return compilePartsBy(measured(), model, options);
}

const measured = (): CostSource => ({
  planning: (evaluator: EvaluatorKind) => planningCosts(costsFile(), evaluator),
  under: (parameters: CkksParameters, evaluator: EvaluatorKind) =>
    machineCosts(parameters, costsFile(), evaluator),
});
