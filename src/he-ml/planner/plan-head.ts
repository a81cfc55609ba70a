import type { LevelAndScale } from "../crypto/ciphertext.js";
import { InputError } from "../errors.js";
import type { Plan } from "./plan.js";
import type { PlanStart } from "./plan-start.js";
import { rotationNeeds } from "./rotation-needs.js";
import { stageOutputState } from "./stage-state.js";

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
  const ends = plan.stages.map(({ modelLayers }) => modelLayers.at(-1)!);
  const index = ends.indexOf(lastLayer);
  if (index < 0) {
    throw new InputError(
      `planHead: expected a layer that a stage ends with (${ends.join(", ")}), got ${lastLayer}; ` +
        `plan with splitAfter: [${lastLayer}]`,
    );
  }
  const { parameters, start } = plan;
  const stages = plan.stages.slice(0, index + 1);
  return {
    ...plan,
    outputShape: stages[index].outputShape,
    end: stages.reduce<LevelAndScale>((at, stage) => stageOutputState(parameters, stage, at), start),
    stages,
    rotations: rotationNeeds(stages),
  };
}

/** What a plan leaves, for another one to go on with. */
export function startAfter({ parameters, stages, end }: Plan): PlanStart {
  const { output: slotLayout, predictedError, leftovers } = stages.at(-1)!;
  return { parameters, slotLayout, ...end, predictedError, leftovers };
}
