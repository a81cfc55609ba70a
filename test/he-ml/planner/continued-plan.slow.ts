import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { oneSlotEach } from "../../../src/he-ml/program/client-spec.js";
import { startAfter } from "../../../src/he-ml/planner/plan-head.js";
import type { PlanStart } from "../../../src/he-ml/planner/plan-start.js";
import { planModel } from "../../../src/he-ml/planner/plan.js";
import { smallModel } from "../layers/small-model.js";
import { checkParts, layersFrom, planParts } from "./head-and-rest.js";
import { longChain } from "./plan-checks.js";
import { networks, wideNetworks } from "./random-networks.js";

const given = { parameters: checkParameters(longChain(1024)), mostInputCiphertexts: 16 };

describe("a head and what goes on from it give the plain result on the clear twin", () => {
  test.each([true, false])("cut after each layer of random networks, fused %p", (fuse) => {
    fc.assert(
      fc.property(networks(), (model) => {
        for (const cut of layersFrom(model, 0).slice(0, -1)) {
          const parts = planParts(model, [cut], { ...given, fuse });
          expect(parts.map(({ continues }) => continues)).toEqual([false, true]);
          const [head, rest] = parts.map(({ stages }) => stages.flatMap(({ modelLayers }) => modelLayers));
          expect([head.at(-1), rest]).toEqual([cut, layersFrom(model, cut + 1)]);
          expect(parts[1].stages.at(-1)!.predictedError).toBeLessThan(1e-6);
          checkParts(parts);
        }
      }),
      { seed: 61, numRuns: 4, endOnFailure: true },
    );
  });

  test("tensors that take several ciphertexts", () => {
    fc.assert(
      fc.property(networks(wideNetworks), fc.nat(99), (model, at) => {
        fc.pre(model.layers.length > 1);
        checkParts(planParts(model, [at % (model.layers.length - 1)], given));
      }),
      { seed: 62, numRuns: 5, endOnFailure: true },
    );
  });

  test("under chosen parameters, about as precisely as the whole", () => {
    const whole = planModel(smallModel).stages.at(-1)!.predictedError;
    for (const cut of [0, 2]) {
      const [head, rest] = planParts(smallModel, [cut]);
      expect(rest.stages.at(-1)!.predictedError).toBeLessThan(3 * whole);
      checkParts([head, rest]);
    }
  });

  test("from a layout as clients are told of, which has one slot for each value and no empty end", () => {
    const [head] = planParts(smallModel, [1]);
    const { output } = head.stages.at(-1)!;
    const start: PlanStart = {
      ...startAfter(head),
      slotLayout: oneSlotEach(output, 8),
      leftovers: undefined,
    };
    const rest = planModel(smallModel, { layers: [2, 3, 4], start });
    expect(rest.input.map(({ length }) => length)).toEqual([head.parameters.slots]);
    const lean = { ...head, stages: head.stages.with(-1, { ...head.stages.at(-1)!, output: rest.input }) };
    checkParts([lean, rest]);
  });

  test("three programs, one after the other", () => {
    const parts = planParts(smallModel, [0, 2]);
    expect(parts.map(({ outputShape }) => outputShape)).toEqual([[2, 2, 2], [2, 1, 1], [3]]);
    checkParts(parts);
  });
});
