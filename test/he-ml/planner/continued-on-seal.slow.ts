import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { loadModel } from "../../../src/he-ml/node/files/load-model.js";
import { loadTestImages } from "../../../src/train/load-dataset.js";
import { smallModel } from "../layers/small-model.js";
import { planParts } from "./head-and-rest.js";
import { longChain } from "./plan-checks.js";
import { checkOnSeal, runOnSeal } from "./plan-on-seal.js";
import { networks, smallNetworks } from "./random-networks.js";

describe("programs one after the other under encryption, each on a server of its own, go as explained", () => {
  test("of random networks, at N = 1024", async () => {
    const options = { parameters: checkParameters(longChain(1024, 9)), mostInputCiphertexts: 16 };
    await fc.assert(
      fc.asyncProperty(
        networks({ ...smallNetworks, layers: 4 }).filter(({ layers }) => layers.length > 1),
        fc.nat(99),
        fc.boolean(),
        async (model, at, fuse) =>
          checkOnSeal(planParts(model, [at % (model.layers.length - 1)], { ...options, fuse })),
      ),
      { seed: 71, numRuns: 4, endOnFailure: true },
    );
  });

  test("of a small network, with chosen parameters of 128-bit security", async () => {
    await checkOnSeal(planParts(smallModel, [0, 2]));
  });

  test.each([[[0]], [[1]], [[2]], [[3]], [[5]], [[1, 4]], [[0, 3]]])(
    "of LeNet-1 cut after %p, within 1 %% of its logits",
    async (cuts) => {
      const model = await loadModel("lenet1");
      const { images } = await loadTestImages("mnist", [0]);
      const { error, largest } = await runOnSeal(planParts(model, cuts), images);
      expect(error).toBeLessThan(0.015 * largest);
    },
    120_000,
  );
});
