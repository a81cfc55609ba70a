import type { Model } from "../../../src/he-ml/model/model.js";
import { planHead, startAfter } from "../../../src/he-ml/planner/plan-head.js";
import { planModel, type Plan, type PlanOptions } from "../../../src/he-ml/planner/plan.js";
import { sigmas } from "../support.js";
import { checkPlan } from "./plan-checks.js";

export const layersFrom = ({ layers }: Model, first: number) =>
  layers.map((_, index) => index).filter((index) => index >= first);

/** A model planned as a whole and cut after some layers: the head of it, and plans that go on, each from the one before. */
export function planParts(model: Model, cuts: readonly number[], options: PlanOptions = {}): Plan[] {
  const [cut, ...others] = cuts;
  if (cut === undefined) return [planModel(model, options)];
  const head = planHead(planModel(model, { ...options, splitAfter: [cut] }), cut);
  const { fuse } = options;
  const rest = { fuse, layers: layersFrom(model, cut + 1), start: startAfter(head) };
  return [head, ...planParts(model, others, rest)];
}

/** Few bits of weights are encoded with noise, which the twin has too. */
export const checkParts = (parts: readonly Plan[]) =>
  checkPlan(parts, sigmas * parts.at(-1)!.stages.at(-1)!.predictedError);
