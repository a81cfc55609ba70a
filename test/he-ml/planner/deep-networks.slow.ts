import { expect, test } from "@jest/globals";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { loadModel } from "../../../src/he-ml/node/files/load-model.js";
import { runOnSeal } from "./plan-on-seal.js";
import { contractingModel, unitImages } from "./deep-networks.js";

// For the kernels a chain is found that a trial believes, where errors inside come to a third of the values.
test.each([
  ["seal", 1 / 8],
  ["kernel", 1 / 2],
] as const)(
  "by %s, a network that takes errors down is not planned with errors inside that are as large as its values",
  (evaluator, most) => {
    const { stages } = planModel(contractingModel(4), { evaluator });
    expect(stages).toHaveLength(5);
    for (const { predictedError, largestOutput } of stages) {
      expect(predictedError).toBeGreaterThan(0);
      expect(predictedError).toBeLessThan(most * largestOutput);
    }
  },
);

test("and such a network runs encrypted as precisely as asked for", async () => {
  const { error, largest } = await runOnSeal([planModel(contractingModel(4))], unitImages(1, 4));
  expect(error).toBeLessThan(0.015 * largest);
}, 300_000);

test("eight squares run encrypted as precisely as asked for, and as predicted", async () => {
  const plan = planModel(contractingModel(8, 6));
  const { error, largest } = await runOnSeal([plan], unitImages(1, 6));
  expect(error).toBeLessThan(0.015 * largest);
}, 300_000);

test.each(["lenet1", "mnist-small"])(
  "%s is believed in first order, and planned as precisely",
  async (name) => {
    const model = await loadModel(name);
    const { stages } = planModel(model, { valueRanges: model.valueRanges });
    const { predictedError, largestOutput } = stages.at(-1)!;
    expect(6.5 * predictedError).toBeLessThan(1.5 * 0.01 * largestOutput);
  },
);
