import { expect } from "@jest/globals";
import { ClearContext } from "../../../src/he-ml/crypto/clear-context.js";
import { ClearEvaluator } from "../../../src/he-ml/crypto/clear-evaluator.js";
import type { Ciphertext } from "../../../src/he-ml/crypto/ciphertext.js";
import type { RotationStep } from "../../../src/he-ml/crypto/rotation-keys.js";
import { layerForward, type Model } from "../../../src/he-ml/model/model.js";
import { encodePlan } from "../../../src/he-ml/program/encode-plan.js";
import { Program } from "../../../src/he-ml/program/program.js";
import type { Plan } from "../../../src/he-ml/planner/plan.js";
import { maxAbs, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { maxAbsDifference, randomTensor } from "../support.js";

/** The clear twin, keeping a record of what it rotated. */
export class RecordingEvaluator extends ClearEvaluator {
  /** Highest level at which each step was used. */
  readonly rotated = new Map<RotationStep, number>();

  override rotate(a: Ciphertext, step: RotationStep): Ciphertext {
    this.rotated.set(step, Math.max(a.level, this.rotated.get(step) ?? 0));
    return super.rotate(a, step);
  }
}

/** The plain forward of some of a model's layers. */
export function plainRange(model: Model, layers: readonly number[], batch: Tensor): Tensor {
  return layers.reduce((current, index) => layerForward(model.layers[index], current), batch);
}

export interface TwinRun {
  readonly output: Tensor;
  readonly expected: Tensor;
}

/** Runs a plan on the clear twin, on images with values in [-1, 1). */
export function runOnTwin(plan: Plan, images = randomTensor([2, ...plan.inputShape], 5)): TwinRun {
  return runPartsOnTwin([plan], images);
}

/** Runs plans one after the other on the clear twin, each on what the one before left; rotations as each planned. */
export function runPartsOnTwin(parts: readonly Plan[], images: Tensor): TwinRun {
  const [{ parameters, model, input }] = parts;
  const evaluator = new RecordingEvaluator(parameters);
  const context = new ClearContext(parameters, evaluator);
  let current = context.encrypt(images, { packing: "packed", slotLayout: input });
  for (const part of parts) {
    using encoded = encodePlan(evaluator, part);
    expect(current).toMatchObject({ level: part.start.level, slotLayout: part.input });
    evaluator.rotated.clear();
    for (const stage of encoded.stages) current = stage(current);
    const planned = new Map(part.rotations.map(({ step, level }) => [step, level]));
    for (const [step, level] of evaluator.rotated) {
      expect(planned.get(step) ?? 0).toBeGreaterThanOrEqual(level);
    }
    expect(current.level).toBe(part.end.level);
    expect(Math.abs(current.scale / part.end.scale - 1)).toBeLessThan(1e-9);
  }
  const layers = parts.flatMap(({ stages }) => stages.flatMap(({ modelLayers }) => modelLayers));
  return { output: context.decrypt(current), expected: plainRange(model, layers, images) };
}

/**
 * A plan, or plans one after the other, compute what their layers do, and rotate only by what they make keys for.
 *
 * @param tolerance beside the rounding of doubles; weights that the plan's scale rounds to zero are left out
 */
export function checkPlan(plan: Plan | readonly Plan[], tolerance = 0): void {
  const parts = [plan].flat();
  const { output, expected } = runPartsOnTwin(parts, randomTensor([2, ...parts[0].inputShape], 5));
  expect(output.shape).toEqual(expected.shape);
  expect(parts.at(-1)!.outputShape).toEqual(expected.shape.slice(1));
  const rounding = 1e-9 * Math.max(1, maxAbs(expected.data));
  expect(maxAbsDifference(output.data, expected.data)).toBeLessThan(tolerance + rounding);
}

/** Small enough for every plan to be cheap, long enough for every network that is drawn. */
export const longChain = (polyModulusDegree: number, levels = 17) => ({
  polyModulusDegree,
  coeffModulusBits: [60, ...new Array<number>(levels - 1).fill(40), 60],
  scaleBits: 40,
  weightScaleBits: 40,
  security: "teaching" as const,
});

/** Programs that compute plans, each of which goes on where the one before it ended. */
export function programsOf(parts: readonly Plan[]): Program[] {
  const programs: Program[] = [];
  for (const plan of parts) {
    const { model, evaluator, parameters, stages } = plan;
    const layers = stages.flatMap(({ modelLayers }) => modelLayers);
    const input = programs.at(-1)?.clientSpec.output;
    programs.push(new Program({ packing: "packed", model, evaluator, parameters, layers, plan, input }));
  }
  return programs;
}
