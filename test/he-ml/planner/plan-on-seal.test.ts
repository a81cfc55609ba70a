import { describe, test } from "@jest/globals";
import * as fc from "fast-check";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { smallModel } from "../layers/small-model.js";
import { checkOnSeal } from "./plan-on-seal.js";
import { longChain } from "./plan-checks.js";
import { networks, smallNetworks } from "./random-networks.js";

const parameters = checkParameters(longChain(1024, 9));

describe("a plan under encryption: operations, levels, scales, bytes and errors as explained", () => {
  test.each([true, false])("of random networks, fused %p, at N = 1024", async (fuse) => {
    await fc.assert(
      fc.asyncProperty(networks({ ...smallNetworks, layers: 4 }), async (model) =>
        checkOnSeal(planModel(model, { parameters, fuse, mostInputCiphertexts: 16 })),
      ),
      { seed: 41, numRuns: 2, endOnFailure: true },
    );
  });

  test("of a small network, with chosen parameters of 128-bit security", async () => {
    await checkOnSeal(planModel(smallModel));
  });

  test("of a small network at N = 8192, [50, 60, 48 | 60]", async () => {
    const lazy = checkParameters({
      polyModulusDegree: 8192,
      coeffModulusBits: [50, 60, 48, 60],
      scaleBits: 20,
      weightScaleBits: 18,
    });
    await checkOnSeal(planModel(smallModel, { parameters: lazy }));
  });
});
