import { expect, test } from "@jest/globals";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { loadModel } from "../../../src/he-ml/node/files/load-model.js";
import { runOnSeal } from "./plan-on-seal.js";
import { contractingModel, unitImages } from "./deep-networks.js";

test("a network that takes errors down is not planned with errors inside that are as large as its values", () => {
  const { stages } = planModel(contractingModel(4));
  expect(stages).toHaveLength(5);
  for (const { predictedError, largestOutput } of stages) {
    expect(predictedError).toBeGreaterThan(0);
    expect(predictedError).toBeLessThan(largestOutput / 8);
  }
});

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
    expect(4 * predictedError).toBeLessThan(1.5 * 0.01 * largestOutput);
  },
);
