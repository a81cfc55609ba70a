import { expect } from "@jest/globals";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { forward } from "../../../src/he-ml/layers/forward.js";
import { collect } from "../../../src/he-ml/layers/run.js";
import type { Model } from "../../../src/he-ml/model/model.js";
import { encodePlan } from "../../../src/he-ml/program/encode-plan.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { maxAbs, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { maxAbsDifference } from "../support.js";

/** Deep enough for every fixture; the ring is small, to be quick, so that images take several ciphertexts. */
const parameters = checkParameters({
  polyModulusDegree: 2048,
  coeffModulusBits: [60, ...new Array<number>(9).fill(40), 60],
  scaleBits: 40,
  security: "teaching",
});

/** Runs a model on encrypted images, packing packed, and expects these outputs, to 1 % of the largest. */
export async function expectSamePacked(model: Model, inputs: Tensor, outputs: Tensor): Promise<void> {
  const plan = planModel(model, { parameters, samples: inputs, mostInputCiphertexts: 64 });
  const client = await SecretContext.create(plan.parameters);
  const server = await PublicContext.load(plan.parameters, client.exportEvaluationKeys(plan.rotations));
  using encoded = encodePlan(server.evaluator, plan);
  using input = server.load(client.encrypt(inputs, { packing: "packed", slotLayout: plan.input }));
  const { output } = await collect(forward(encoded.stages, input));
  using result = output;
  const decrypted = client.decrypt(server.save(result));
  expect(maxAbsDifference(decrypted.data, outputs.data)).toBeLessThan(0.015 * maxAbs(outputs.data));
}
