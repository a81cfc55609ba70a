import { test } from "@jest/globals";
import * as fc from "fast-check";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { checkOnSeal } from "./plan-on-seal.js";
import { longChain } from "./plan-checks.js";
import { networks, smallNetworks } from "./random-networks.js";

const parameters = checkParameters(longChain(1024, 9));

// More of them, and with chosen parameters of 128-bit security: see plan.slow.ts.
test("a plan of a random network goes under encryption, at N = 1024, as explained", async () => {
  await fc.assert(
    fc.asyncProperty(networks({ ...smallNetworks, layers: 4 }), async (model) =>
      checkOnSeal(planModel(model, { parameters, mostInputCiphertexts: 16 })),
    ),
    { seed: 41, numRuns: 1, endOnFailure: true },
  );
});
