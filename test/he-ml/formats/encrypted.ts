import { expect } from "@jest/globals";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import type { Network } from "../../../src/he-ml/model/model.js";
import { encryptableModel } from "../../../src/he-ml/model/unsupported-layers.js";
import { buildFromModel } from "../../../src/he-ml/program/build-from-model.js";
import { chooseParameters } from "../../../src/he-ml/program/chain.js";
import { maxAbs, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { maxAbsDifference, openSeal } from "../support.js";
import { expectSamePacked } from "./packed.js";

/**
 * Runs a network on encrypted images, packings batch and packed, and expects what it gives in the clear, to 1 % of the largest
 * output. The ring is small, to be quick: the chain of primes is that of a secure run.
 */
export async function expectSameEncrypted(network: Network, inputs: Tensor, outputs: Tensor): Promise<void> {
  const model = encryptableModel(network);
  const { coeffModulusBits, scaleBits } = chooseParameters(model);
  const parameters = checkParameters({
    polyModulusDegree: 1024,
    coeffModulusBits,
    scaleBits,
    security: "teaching",
  });
  const side = await openSeal(parameters);
  let values = side.encrypt(inputs, "batch");
  for (const layer of buildFromModel(side.evaluator, model)) {
    const next = layer(values);
    values[Symbol.dispose]();
    values = next;
  }
  const decrypted = side.decrypt(values);
  values[Symbol.dispose]();
  expect(maxAbsDifference(decrypted.data, outputs.data)).toBeLessThan(0.015 * maxAbs(outputs.data));
  await expectSamePacked(model, inputs, outputs);
}
