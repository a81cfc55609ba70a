import { expect } from "@jest/globals";
import { loadModel } from "../../../../src/he-ml/node/files/load-model.js";
import { modelForward } from "../../../../src/he-ml/model/model.js";
import { checkParameters } from "../../../../src/he-ml/crypto/parameters.js";
import { forward } from "../../../../src/he-ml/layers/forward.js";
import { collect } from "../../../../src/he-ml/layers/run.js";
import { buildFromPytorch } from "../../../../src/he-ml/program/build-from-pytorch.js";
import { maxAbs } from "../../../../src/he-ml/tensor/tensor.js";
import { maxAbsDifference, type SealSide } from "../../support.js";
import { expectSamePacked } from "../packed.js";
import type { TorchCase } from "./fixtures.js";

/** Deep enough for every fixture. */
export const fixtureParameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [60, 40, 40, 40, 40, 40, 40, 60],
  scaleBits: 40,
  security: "teaching",
});

/** Runs a fixture on ciphertexts, in packings batch and packed, and compares with torch's own outputs to 1 % of the largest. */
export async function expectEncryptedAsInTorch(seal: SealSide, torchCase: TorchCase): Promise<void> {
  const { path, inputShape, isInferred, description, inputs, outputs } = torchCase;
  const model = await loadModel(path, { inputShape: isInferred ? undefined : inputShape, description });
  const layers = buildFromPytorch(seal.evaluator, model);
  using input = seal.encrypt(inputs, "batch");
  const { output, traces } = await collect(forward(layers, input));
  using result = output;
  expect(traces.map(({ modelLayers }) => modelLayers)).toEqual(layers.map((_, index) => [index]));
  const decrypted = seal.decrypt(result);
  expect(decrypted.shape).toEqual(modelForward(model, inputs).at(-1)!.shape);
  const largestError = maxAbsDifference(decrypted.data, outputs.data);
  expect(largestError).toBeLessThan(0.015 * maxAbs(outputs.data));
  await expectSamePacked(model, inputs, outputs);
}
