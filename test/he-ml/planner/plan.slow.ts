import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import type { Model } from "../../../src/he-ml/model/model.js";
import { planModel, type Plan } from "../../../src/he-ml/planner/plan.js";
import { smallModel } from "../layers/small-model.js";
import { sigmas } from "../support.js";
import { layersFrom, planParts } from "./head-and-rest.js";
import { checkPlan, longChain } from "./plan-checks.js";
import { checkOnSeal } from "./plan-on-seal.js";
import { networks, ranges, smallNetworks, wideNetworks } from "./random-networks.js";

// The properties of plan.test.ts, and what plans do under encryption, on many more networks, and on larger ones.
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
        { seed: 51, numRuns: 120, endOnFailure: true },
      );
    },
    10 * minutes,
  );

  test(
    "random networks, planned for the kernel evaluator",
    () => {
      const parameters = checkParameters(longChain(1024));
      fc.assert(
        fc.property(networks({ ...smallNetworks, layers: 8 }), fuses, (model, fuse) =>
          checkPlan(planModel(model, { parameters, evaluator: "kernel", fuse, mostInputCiphertexts: 16 })),
        ),
        { seed: 58, numRuns: 100, endOnFailure: true },
      );
    },
    10 * minutes,
  );

  test(
    "random networks under chosen parameters, planned for the kernel evaluator",
    () => {
      fc.assert(
        fc.property(networks(), (model) => {
          const plan = planModel(model, { evaluator: "kernel" });
          expect(plan.parameters.security).toBe(128);
          checkPlan(plan, 0.02);
        }),
        { seed: 60, numRuns: 40, endOnFailure: true },
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

describe("cut after each layer, what goes on gives the plain result on the clear twin", () => {
  const checkParts = (parts: readonly Plan[]) =>
    checkPlan(parts, sigmas * parts.at(-1)!.stages.at(-1)!.predictedError);
  const cutsOf = (model: Model) => layersFrom(model, 0).slice(0, -1);

  test(
    "random networks, on a long chain and on one that is chosen",
    () => {
      const parameters = checkParameters(longChain(1024));
      fc.assert(
        fc.property(networks({ ...smallNetworks, layers: 8 }), fuses, (model, fuse) => {
          for (const cut of cutsOf(model)) {
            checkParts(planParts(model, [cut], { parameters, fuse, mostInputCiphertexts: 16 }));
          }
        }),
        { seed: 55, numRuns: 120, endOnFailure: true },
      );
      fc.assert(
        fc.property(networks(), fuses, (model, fuse) => {
          for (const cut of cutsOf(model)) checkParts(planParts(model, [cut], { fuse }));
        }),
        { seed: 56, numRuns: 15, endOnFailure: true },
      );
    },
    15 * minutes,
  );

  test(
    "tensors that take several ciphertexts",
    () => {
      const parameters = checkParameters(longChain(1024));
      fc.assert(
        fc.property(networks(wideNetworks), fuses, (model, fuse) => {
          for (const cut of cutsOf(model)) {
            checkParts(planParts(model, [cut], { parameters, fuse, mostInputCiphertexts: 16 }));
          }
        }),
        { seed: 57, numRuns: 40, endOnFailure: true },
      );
    },
    10 * minutes,
  );
});

test("a small network under encryption, with chosen parameters of 128-bit security", async () => {
  await checkOnSeal(planModel(smallModel));
});

test("a small network under encryption at N = 8192, [50, 60, 48 | 60]", async () => {
  const parameters = checkParameters({
    polyModulusDegree: 8192,
    coeffModulusBits: [50, 60, 48, 60],
    scaleBits: 20,
    weightScaleBits: 18,
  });
  await checkOnSeal(planModel(smallModel, { parameters }));
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
