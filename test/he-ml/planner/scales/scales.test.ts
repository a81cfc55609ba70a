import { beforeAll, describe, expect, test } from "@jest/globals";
import {
  checkParameters,
  maxCoeffModulusBits,
  modulusBits,
} from "../../../../src/he-ml/crypto/parameters.js";
import { InputError } from "../../../../src/he-ml/errors.js";
import { linearLayer } from "../../../../src/he-ml/model/linear.js";
import { defineModel, type Layer, type Model } from "../../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../../src/he-ml/model/square.js";
import { planModel, type Plan } from "../../../../src/he-ml/planner/plan.js";
import { stageStates } from "../../../../src/he-ml/planner/scales/stage-state.js";
import { randomTensor, thrownBy } from "../../support.js";

/** Dense layers with squares between them. */
function denseModel(squares: number, features = 8): Model {
  const layers: Layer[] = [];
  for (let i = 0; i <= squares; i++) {
    layers.push(linearLayer({ name: `fc${i}`, weights: randomTensor([features, features], i + 1) }));
    if (i < squares) layers.push(squareLayer({ name: `square${i}` }));
  }
  return defineModel({ name: "dense", inputShape: [features], layers });
}

const models = [0, 2].map((squares): [string, Model] => [
  `dense with ${squares} squares`,
  denseModel(squares),
]);

describe("chosen chains", () => {
  const plans = new Map<Model, Plan>();
  beforeAll(() => models.forEach(([, model]) => plans.set(model, planModel(model, { relativeError: 0.02 }))));

  test.each(models)(
    "%s: 128-bit secure, of primes that SEAL takes, one division a square at most",
    (_, model) => {
      const { parameters, stages } = plans.get(model)!;
      const { coeffModulusBits, polyModulusDegree } = parameters;
      const total = coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
      expect(total).toBeLessThanOrEqual(maxCoeffModulusBits[polyModulusDegree]);
      expect(Math.max(...coeffModulusBits)).toBeLessThanOrEqual(60);
      expect(Math.max(...coeffModulusBits)).toBe(coeffModulusBits.at(-1));
      expect(stages[0].level).toBe(parameters.levels);
      for (const { rescales, activation } of stages) expect(rescales).toBeLessThanOrEqual(activation ? 1 : 0);
    },
  );

  test.each(models)("%s: can be planned on again, fused or not", (_, model) => {
    const { parameters } = plans.get(model)!;
    for (const fuse of [true, false]) {
      expect(planModel(model, { parameters, fuse }).parameters).toEqual(parameters);
    }
  });

  test("more precision asked for gives smaller predicted errors, at a larger degree where it takes one", () => {
    const plans = [0.1, 0.01, 1e-7].map((relativeError) => planModel(denseModel(1), { relativeError }));
    const errors = plans.map(({ stages }) => stages.at(-1)!.predictedError);
    const degrees = plans.map(({ parameters }) => parameters.polyModulusDegree);
    expect(errors).toEqual(errors.toSorted((a, b) => b - a));
    expect(errors.at(-1)).toBeLessThan(1e-3 * errors[0]);
    expect(degrees).toEqual(degrees.toSorted((a, b) => a - b));
  });

  test("where no fast prime takes a square's bits down, two do, behind one square alone where that is enough", () => {
    const { stages } = planModel(denseModel(2), { relativeError: 0.003, evaluator: "kernel" });
    expect(stages.map(({ rescales }) => rescales).toSorted()).toEqual([0, 1, 2]);
  });

  test("ranges that were recorded leave room for larger values", () => {
    const [, model] = models.at(-1)!;
    const valueRanges = model.layers.map(({ name }) => ({ name, min: -1000, max: 1000 }));
    const usual = plans.get(model)!;
    const roomy = planModel(model, { valueRanges });
    const roomAtTheEnd = ({ parameters, start, stages }: typeof usual) => {
      const end = stages.reduce((state, stage) => stageStates(parameters, stage, state).output, start);
      return modulusBits(parameters, end.level) - Math.log2(end.scale);
    };
    expect(roomAtTheEnd(roomy)).toBeGreaterThan(roomAtTheEnd(usual));
  });

  test("a network too deep is refused, naming the stage where the modulus ends", () => {
    const error = thrownBy(() => planModel(denseModel(40, 1)));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(
      /the modulus ends before stage "fc\d+\+square\d+"; use fewer activations/,
    );
  });

  test("precision that no chain gives is refused, saying what would help", () => {
    const error = thrownBy(() => planModel(denseModel(0), { relativeError: 1e-200 }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(
      /^plan: no 128-bit parameters carry .*ask for less precision/,
    );
  });
});

describe("a chain that is given", () => {
  const given = (coeffModulusBits: number[]) =>
    checkParameters({
      polyModulusDegree: 1024,
      coeffModulusBits,
      scaleBits: 20,
      weightScaleBits: 18,
      security: "teaching",
    });

  test("is divided by as late as it can be", () => {
    const { stages } = planModel(denseModel(2), { parameters: given([60, 60, 50, 60]) });
    expect(stages.map(({ level, rescales, weightScaleBits }) => [level, rescales, weightScaleBits])).toEqual([
      [3, 1, 18],
      [2, 1, 18],
      [1, 0, 18],
    ]);
  });

  test.each([
    [[50, 60], "fc0+square0"],
    [[30, 30, 40, 60], "fc1+square1"],
  ])("%p is too short for stage %p", (chain, stage) => {
    const error = thrownBy(() => planModel(denseModel(2), { parameters: given(chain) }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toContain(`plan: stage "${stage}" needs `);
    expect((error as InputError).message).toMatch(
      /use a longer chain, smaller scales, or leave the parameters out/,
    );
  });
});
