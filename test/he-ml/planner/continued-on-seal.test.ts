import { describe, expect, test } from "@jest/globals";
import { loadModel } from "../../../src/he-ml/node/files/load-model.js";
import { loadTestImages } from "../../../src/train/load-dataset.js";
import { smallModel } from "../layers/small-model.js";
import { planParts } from "./head-and-rest.js";
import { checkOnSeal, runOnSeal } from "./plan-on-seal.js";

describe("programs one after the other under encryption, each on a server of its own, go as explained", () => {
  test("of a small network, with chosen parameters of 128-bit security", async () => {
    await checkOnSeal(planParts(smallModel, [0, 2]));
  });

  test("of LeNet-1 cut after layer 3, within 1 % of its logits", async () => {
    const model = await loadModel("models/lenet1/model.onnx");
    const { images } = await loadTestImages("mnist", [0]);
    const { error, largest } = await runOnSeal(planParts(model, [3]), images);
    expect(error).toBeLessThan(0.01 * largest);
  });
});
