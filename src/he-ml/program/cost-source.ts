import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { CkksParameters } from "../crypto/parameters.js";
import {
  costsOnChain,
  typicalCosts,
  typicalCostsUnder,
  type PlanningCosts,
  type PrimitiveCosts,
} from "../planner/search/costs.js";
import type { ProgramContent } from "./program-content.js";

/** Where costs come from that nobody gave. */
export interface CostSource {
  /** For any parameters, to search by. */
  planning(evaluator: EvaluatorKind): Promise<PlanningCosts>;
  /** Under a packed program's parameters, where predictions of time are looked at most. */
  under(parameters: CkksParameters, evaluator: EvaluatorKind): Promise<PrimitiveCosts>;
}

/** Typical costs, wherever it runs. */
export const typical: CostSource = {
  planning: async () => typicalCosts,
  under: async (parameters, evaluator) => typicalCostsUnder(parameters, evaluator),
};

/**
 * What operations cost under a program's parameters.
 *
 * @param given in place of the source's
 */
export async function costsUnder(
  source: CostSource,
  { packing, parameters, evaluator }: ProgramContent,
  given: PlanningCosts | undefined,
): Promise<PrimitiveCosts> {
  const { polyModulusDegree, levels } = parameters;
  if (packing === "packed" && !given) return source.under(parameters, evaluator);
  const costs = (given ?? (await source.planning(evaluator)))(polyModulusDegree, levels, evaluator);
  return costsOnChain(costs, parameters.coeffModulusBits, evaluator);
}
