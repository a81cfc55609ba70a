import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { checkPlan, longChain } from "./plan-checks.js";
import { checkOnSeal } from "./plan-on-seal.js";
import { networks, ranges, smallNetworks, wideNetworks } from "./random-networks.js";

// The properties of plan.test.ts and plan-on-seal.test.ts on many more networks, and on larger ones.
const minutes = 60_000;
const fuses = fc.boolean();

describe("on the clear twin", () => {
  test.each([1024, 2048])(
    "random networks, at N = %p",
    (degree) => {
      const parameters = checkParameters(longChain(degree));
      fc.assert(
        fc.property(ranges(networks({ ...smallNetworks, layers: 8 })), fuses, (drawn, fuse) => {
          const { model, layers, splitAfter } = drawn;
          const options = { parameters, mostInputCiphertexts: 16 };
          checkPlan(planModel(model, { ...options, fuse }));
          checkPlan(planModel(model, { ...options, layers, splitAfter }));
        }),
        { seed: 51, numRuns: 250, endOnFailure: true },
      );
    },
    10 * minutes,
  );

  test(
    "tensors that take several ciphertexts",
    () => {
      const parameters = checkParameters(longChain(1024));
      fc.assert(
        fc.property(networks(wideNetworks), fuses, (model, fuse) =>
          checkPlan(planModel(model, { parameters, fuse, mostInputCiphertexts: 16 })),
        ),
        { seed: 52, numRuns: 60, endOnFailure: true },
      );
    },
    10 * minutes,
  );

  test(
    "under chosen parameters, which are 128-bit secure",
    () => {
      fc.assert(
        fc.property(networks(), fuses, (model, fuse) => {
          const plan = planModel(model, { fuse });
          expect(plan.parameters.security).toBe(128);
          checkPlan(plan, 0.02);
        }),
        { seed: 53, numRuns: 40, endOnFailure: true },
      );
    },
    10 * minutes,
  );
});

test(
  "under encryption, at N = 1024",
  async () => {
    const parameters = checkParameters(longChain(1024, 12));
    await fc.assert(
      fc.asyncProperty(networks(), fuses, (model, fuse) =>
        checkOnSeal(planModel(model, { parameters, fuse, mostInputCiphertexts: 16 })),
      ),
      { seed: 54, numRuns: 40, endOnFailure: true },
    );
  },
  10 * minutes,
);
