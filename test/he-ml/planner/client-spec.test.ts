import { expect, test } from "@jest/globals";
import { clientSpec, layerwiseClientSpec, type ClientSpec } from "../../../src/he-ml/planner/client-spec.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { smallModel } from "../layers/small-model.js";
import { lazyParameters } from "../support.js";

const plan = planModel(smallModel, { parameters: lazyParameters });
const json = JSON.stringify(clientSpec(plan));
const spec = JSON.parse(json) as ClientSpec;

test("a specification is the same after a trip through JSON", () => {
  expect(spec).toEqual(clientSpec(plan));
  expect(Object.keys(spec).sort()).toEqual([
    ...["inputShape", "layers", "outputShape", "outputSlotLayout", "packing", "parameters"],
    ...["relinearization", "rotations", "scaleBits", "slotLayout"],
  ]);
  expect(spec).toMatchObject({
    packing: "packed",
    layers: [0, 1, 2, 3, 4],
    inputShape: [1, 4, 4],
    outputShape: [3],
  });
  expect(spec).toMatchObject({ scaleBits: 20, relinearization: true });
  expect(
    spec
      .outputSlotLayout!.flatMap((held) => Array.from(held))
      .filter((value) => value >= 0)
      .sort(),
  ).toEqual([0, 1, 2]);
});

test("nothing in it is a weight, and it holds whole numbers alone", () => {
  const weights = smallModel.layers.flatMap((layer) =>
    "weights" in layer ? [...layer.weights.data, ...(layer.bias?.data ?? [])] : [],
  );
  expect(weights.length).toBeGreaterThan(20);
  for (const weight of weights) expect(json).not.toContain(Math.abs(weight).toFixed(4));
  expect(json).not.toMatch(/\d\.\d/);
});

test("layer by layer it asks for no rotations, and has the shapes of a range of layers", () => {
  const whole = layerwiseClientSpec(smallModel, lazyParameters, "batch");
  expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
  expect(whole).toMatchObject({
    packing: "batch",
    rotations: [],
    relinearization: true,
    inputShape: [1, 4, 4],
  });
  const part = layerwiseClientSpec(smallModel, lazyParameters, "scalar", [2, 3, 4]);
  expect(part).toMatchObject({ layers: [2, 3, 4], inputShape: [2, 2, 2], relinearization: false });
  expect(() => layerwiseClientSpec(smallModel, lazyParameters, "batch", [0, 2])).toThrow("contiguous");
});

test("of a plan without squares it asks for no relinearization", () => {
  const linear = clientSpec(planModel(smallModel, { parameters: lazyParameters, layers: [2, 3, 4] }));
  expect(linear).toMatchObject({ layers: [2, 3, 4], inputShape: [2, 2, 2], relinearization: false });
});
