import { InputError } from "../errors.js";
import { inputRangeOf } from "../model/input-range.js";
import { runToEnd } from "../long-work.js";
import type { Model } from "../model/model.js";
import { formatShape } from "../tensor/tensor.js";
import { followScales, keptScales } from "./scales/chain-scales.js";
import { requirePlannedStage } from "./prove-stage.js";
import { measure } from "./errors/measure.js";
import { planOf, type Plan, type PlannedStage, type PlanOptions } from "./plan.js";
import type { PlanStart } from "./plan-start.js";
import { mapOfSums } from "./layout/pooled-layout.js";
import { otherImages, sampleImages } from "./errors/samples.js";
import { withTrial } from "./errors/simulate.js";
import type { LinearTransform } from "./matvec/linear-transform.js";
import type { AffineMap } from "./stages/affine-map.js";
import { stagesOf, type Stage } from "./stages/stages.js";

/**
 * The same plan for the same network with other weights: parameters, layouts, rotations, levels and scales stay, so that
 * keys made for it stay good. Errors are predicted anew, and the new weights must find room where the old ones did.
 *
 * @param model of the same layers; where the old weights were zero, so that nothing is multiplied there, these must be too
 * @param options images and ranges to see values on; and what the plan goes on with, if it does
 * @throws InputError naming the stage that has another form, or too little room
 * @example const retrained = planWithWeights(plan, model, { valueRanges: model.valueRanges });
 */
export function planWithWeights(
  plan: Plan,
  model: Model,
  options: Pick<PlanOptions, "samples" | "valueRanges"> & { readonly start?: PlanStart } = {},
): Plan {
  const { parameters, input, start } = plan;
  const stages = stagesOf(model, {
    layers: plan.stages.flatMap(({ modelLayers }) => modelLayers),
    splitAfter: plan.stages.map(({ modelLayers }) => modelLayers.at(-1)!),
  });
  if (stages.length !== plan.stages.length) throw refused("", "it has other activations");
  const transforms = plan.stages.map((old, i) => transformWithWeights(old, stages[i]));
  const outputLayouts = plan.stages.map(({ output }) => output.map((held) => Int32Array.from(held)));
  const inputLayout = input.map((held) => Int32Array.from(held));
  const transformPlan = { inputLayout, transforms, outputLayouts };
  const images = {
    samples: sampleImages(model, stages, options.samples, options.valueRanges),
    others: otherImages(model, stages, options.valueRanges),
  };
  const measured = runToEnd(
    measure(stages, transformPlan, images, { ...options, evaluator: plan.evaluator }),
  );
  const { budget, scaleStages, largestOutputs } = measured;
  const { stages: scales, errors } = withTrial(
    measured,
    followScales(parameters, scaleStages, budget, start, keptScales(plan.stages)),
  );
  const planned = stages.map((stage, i): PlannedStage => ({
    ...stage,
    ...scales[i],
    transform: transforms[i],
    input: plan.stages[i].input,
    output: plan.stages[i].output,
    predictedError: errors[i],
    leftovers: budget.leftovers[i],
    largestOutput: largestOutputs[i],
  }));
  for (const stage of planned) requirePlannedStage(stage, parameters.slots);
  const inputRange = options.start
    ? undefined
    : inputRangeOf(model, stages[0].modelLayers[0], options.samples, options.valueRanges);
  return planOf({ ...plan, model, stages: planned, inputRange });
}

function transformWithWeights(old: PlannedStage, stage: Stage): LinearTransform | undefined {
  const forms = [old, stage].map(
    ({ modelLayers, inputShape, outputShape, map }) =>
      `layers ${modelLayers.join(", ")}: ${formatShape(inputShape)} → ${formatShape(outputShape)}` +
      (map ? "" : ", nothing to compute"),
  );
  if (forms[0] !== forms[1]) throw refused(` stage "${old.name}"`, `expected ${forms[0]}, got ${forms[1]}`);
  const { transform } = old;
  if (!transform) return undefined;
  const sumsFirst = transform.poolSums.length > 0 && transform.divisor === undefined;
  const map = sumsFirst ? mapOfSums(stage) : stage.map!;
  return { ...transform, map: onEntriesOf(transform.map, map, old.name) };
}

/** A map's weights in the places that another one has, zeros among them included. */
function onEntriesOf(places: AffineMap, map: AffineMap, stage: string): AffineMap {
  const weights = new Float64Array(places.weights.length);
  for (let row = 0; row < map.rows; row++) {
    let place = places.rowStarts[row];
    for (let entry = map.rowStarts[row]; entry < map.rowStarts[row + 1]; entry++) {
      const column = map.columnOf[entry];
      while (place < places.rowStarts[row + 1] && places.columnOf[place] < column) place++;
      if (place === places.rowStarts[row + 1] || places.columnOf[place] !== column) {
        throw refused(` stage "${stage}"`, `output ${row} has a weight where the old network had none`);
      }
      weights[place] = map.weights[entry];
    }
  }
  return { ...places, weights, bias: map.bias };
}

const refused = (where: string, reason: string) =>
  new InputError(`plan: the new weights do not fit the old plan:${where} ${reason}; compile the model anew`);
