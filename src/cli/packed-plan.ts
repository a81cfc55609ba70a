import { machineCosts, planningCosts } from "../he-ml/calibration/machine-costs.js";
import type { CkksParameters } from "../he-ml/crypto/parameters.js";
import { InputError } from "../he-ml/errors.js";
import type { PrimitiveCosts } from "../he-ml/planner/costs.js";
import { planModel, type Plan } from "../he-ml/planner/plan.js";
import type { Tensor } from "../he-ml/tensor/tensor.js";
import { loadTestImages } from "../train/load-dataset.js";
import type { ModelSource } from "./model-source.js";

export interface PackedPlanOptions {
  /** CKKS parameters to plan for; the planner chooses them if left out. */
  readonly parameters?: CkksParameters;
  /** False makes every layer a stage of its own. */
  readonly fuse?: boolean;
}

/** A plan by this machine's costs, and what operations cost under its parameters. */
export interface CostedPlan {
  readonly plan: Plan;
  readonly costs: PrimitiveCosts;
}

/** Plans packed inference of a model; the same model gives the same plan whatever images will be encrypted. */
export async function packedPlan(source: ModelSource, options: PackedPlanOptions): Promise<CostedPlan> {
  const plan = planModel(source.model, {
    ...options,
    valueRanges: source.valueRanges,
    samples: await sampleImages(source),
    costs: await planningCosts(),
  });
  return { plan, costs: await machineCosts(plan.parameters) };
}

/** Two images of the dataset that the model was trained on; none where that is not at hand. */
async function sampleImages({ dataset, model }: ModelSource): Promise<Tensor | undefined> {
  if (dataset === undefined) return undefined;
  try {
    const { images } = await loadTestImages(dataset, [0, 1]);
    return images.shape.slice(1).join() === model.inputShape.join() ? images : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
