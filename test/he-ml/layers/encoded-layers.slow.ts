import { beforeAll, describe, test } from "@jest/globals";
import * as fc from "fast-check";
import type { CkksParameters } from "../../../src/he-ml/crypto/parameters.js";
import { classicParameters, lazyParameters, openClear, openSeal, sigmas, type SealSide } from "../support.js";
import { checkOnSeal, checkOnTwin } from "./layer-checks.js";
import { layerCases, layerKinds } from "./random-layers.js";

// The properties of encoded-layers.test.ts on many more cases, and under another chain.
const parameterSets: [string, CkksParameters][] = [
  ["[50, 60, 48 | 60]", lazyParameters],
  ["[60, 40, 40, 40 | 60]", classicParameters],
];

describe.each(parameterSets)("under %s", (_, parameters) => {
  test.each(layerKinds)(
    "%s: random layers on the clear twin equal the plain layer within the rounding of weights, terms·|x|·2^-(weightScaleBits + 1)",
    (kind) => {
      const side = openClear(parameters);
      fc.assert(
        fc.property(layerCases(kind), (layerCase) => {
          checkOnTwin(side, layerCase);
        }),
        { seed: 21, numRuns: 300 },
      );
    },
  );

  describe("on SEAL", () => {
    let seal: SealSide;
    beforeAll(async () => {
      seal = await openSeal(parameters);
    });

    test.each(layerKinds)(
      `%s: random layers equal the plain layer within ${sigmas} predicted standard deviations and the rounding of weights`,
      (kind) => {
        const clear = openClear(parameters);
        fc.assert(
          fc.property(layerCases(kind), (layerCase) => checkOnSeal(seal, clear, layerCase)),
          { seed: 22, numRuns: 60, endOnFailure: true },
        );
      },
    );
  });
});
