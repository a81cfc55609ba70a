import { expect, test } from "@jest/globals";
import type { ParametersSpec } from "../../../src/he-ml/crypto/parameters.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { explain } from "../../../src/he-ml/program/explain.js";
import { randomTensor } from "../support.js";
import { errorRatios, notAsPredicted } from "./predicted-errors.js";

const model = defineModel({
  name: "small",
  inputShape: [24],
  layers: [
    linearLayer({ name: "fc1", weights: randomTensor([16, 24], 1), bias: randomTensor([16], 2) }),
    squareLayer({ name: "square1" }),
    linearLayer({ name: "fc2", weights: randomTensor([12, 16], 3) }),
  ],
});
const parameters: ParametersSpec = {
  polyModulusDegree: 1024,
  coeffModulusBits: [60, 40, 40, 40, 40, 60],
  scaleBits: 40,
  security: "teaching",
};
const images = randomTensor([16, 24], 4);

// By the kernels every slot has errors of its own, so that 16 runs of a dozen outputs leave little to chance.
test.each(["packed", "batch"] as const)(
  "packing %s: the errors of a run are the predicted ones, within a factor of 2",
  async (packing) => {
    const program = await compile(model, { packing, parameters });
    expect(notAsPredicted(await errorRatios(program, images, packing === "packed" ? 2 : 4))).toEqual([]);
  },
);

test("packing scalar: slot 0 is read, whose errors depend on the key; SEAL's key switches disturb it most", async () => {
  const [kernel, seal] = await Promise.all(
    (["kernel", "seal"] as const).map((evaluator) =>
      compile(model, { packing: "scalar", evaluator, parameters }),
    ),
  );
  const [, ofKernel] = explain(kernel, { sample: images }).stages;
  const [, ofSeal] = explain(seal, { sample: images }).stages;
  expect(ofSeal.predictedRmsError).toBeGreaterThan(ofKernel.predictedRmsError);
  expect(ofSeal.predictedMaxError).toBeGreaterThan(ofSeal.predictedRmsError);
});

test("an image with larger values is predicted to have larger errors", async () => {
  const program = await compile(model, { parameters });
  const larger = { ...images, data: images.data.map((value) => 4 * value) };
  const errorsOf = (sample: typeof images) =>
    explain(program, { sample }).stages.map(({ predictedRmsError }) => predictedRmsError);
  const [small, large] = [images, larger].map(errorsOf);
  expect(large[0]).toBeGreaterThan(2 * small[0]);
});
