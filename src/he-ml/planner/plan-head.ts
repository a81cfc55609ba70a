import { inWords } from "../arguments.js";
import { InputError } from "../errors.js";
import { planOf, requirePlan, type Plan } from "./plan.js";
import type { PlanStart } from "./plan-start.js";

/**
 * The first stages of a plan, up to the one that ends with layer `lastLayer`. What they leave has room for the rest: it
 * can be decrypted, or gone on with by another plan.
 *
 * @param plan split after that layer, as by `planModel(model, { splitAfter: [lastLayer] })`
 * @throws InputError if no stage ends there
 * @example
 * const head = planHead(planModel(model, { splitAfter: [3] }), 3);
 * const rest = planModel(model, { layers: [4, 5, 6, 7], start: startAfter(head) });
 */
export function planHead(plan: Plan, lastLayer: number): Plan {
  requirePlan("planHead", plan);
  const ends = plan.stages.map(({ modelLayers }) => modelLayers.at(-1)!);
  const index = ends.indexOf(lastLayer);
  if (index < 0) {
    throw new InputError(
      `planHead: expected a layer that a stage ends with (${ends.join(", ")}), got ${inWords(lastLayer)}; ` +
        `plan with splitAfter: [${inWords(lastLayer)}]`,
    );
  }
  return planOf({ ...plan, stages: plan.stages.slice(0, index + 1) });
}

/** What a plan leaves, for another one to go on with. @throws InputError if it is no plan */
export function startAfter(plan: Plan): PlanStart {
  requirePlan("startAfter", plan);
  const { parameters, stages, end } = plan;
  const { output: slotLayout, predictedError, leftovers } = stages.at(-1)!;
  return { parameters, slotLayout, ...end, predictedError, leftovers };
}
