import { beforeAll, describe, test } from "@jest/globals";
import { openSeal, type SealSide } from "../../support.js";
import { expectAsPredicted, givenParameters, maps, planOf } from "./encoding-error.js";

let seal: SealSide;
beforeAll(async () => {
  seal = await openSeal(givenParameters(20));
});

describe.each(maps)("the encoding error is what the planner says: %s", (_, inputShape, layer) => {
  test.each([7, 8, 9, 10, 11, 12, 14, 16, 20])("weights at 2^%d", (weightScaleBits) => {
    expectAsPredicted(seal, planOf(inputShape, layer, givenParameters(weightScaleBits)));
  });
});
