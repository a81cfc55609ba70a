import { beforeAll, describe, expect, test } from "@jest/globals";
import { ditheredBelowBits } from "../../../../src/he-ml/planner/errors/dither-criterion.js";
import { dithered } from "../../../../src/he-ml/program/dither.js";
import { openSeal, type SealSide } from "../../support.js";
import { degree, ditheredCount, expectAsPredicted, givenParameters, maps, planOf } from "./encoding-error.js";

let seal: SealSide;
beforeAll(async () => {
  seal = await openSeal(givenParameters(20));
});

describe.each(maps.filter((_, i) => i % 2 === 0))(
  "the encoding error is what the planner says: %s",
  (_, inputShape, layer) => {
    test.each([7, 11, 20])("weights at 2^%d", (weightScaleBits) => {
      expectAsPredicted(seal, planOf(inputShape, layer, givenParameters(weightScaleBits)));
    });

    test("weights at the scale that the planner chooses", () => {
      const plan = planOf(inputShape, layer);
      expect(plan.parameters.polyModulusDegree).toBe(degree);
      expectAsPredicted(seal, plan);
    });

    test("weights are dithered at small scales, and not at large ones", () => {
      const [small, large] = [7, 24].map(
        (bits) => planOf(inputShape, layer, givenParameters(bits)).stages[0],
      );
      expect(ditheredCount(small)).toBe(small.transform!.diagonals.length);
      expect(ditheredCount(large)).toBe(0);
    });
  },
);

test("the criterion asks for coefficients of a unit, as a root mean square", () => {
  const weights = new Float64Array(degree / 2);
  weights[5] = 1;
  // One weight of 1 in N / 2 slots: coefficients of √2 / N, a unit at 2^11.5.
  expect(ditheredBelowBits(1, degree)).toBe(12);
  expect(dithered(weights, 2 ** 11, degree)).not.toEqual(weights);
  expect(dithered(weights, 2 ** 12, degree)).toBe(weights);
  const zeros = new Float64Array(degree / 2);
  expect(dithered(zeros, 1, degree)).toBe(zeros);
});

test("plaintexts of different weights get different noise", () => {
  const [a, b] = [1, 2].map((slot) => {
    const weights = new Float64Array(degree / 2);
    weights[slot] = 0.01;
    return dithered(weights, 2 ** 8, degree).map((value, i) => value - weights[i]);
  });
  const product = a.reduce((sum, value, i) => sum + value * b[i], 0);
  const powerOf = (noise: Float64Array) => noise.reduce((sum, value) => sum + value * value, 0);
  expect(Math.abs(product) / Math.sqrt(powerOf(a) * powerOf(b))).toBeLessThan(0.1);
});
