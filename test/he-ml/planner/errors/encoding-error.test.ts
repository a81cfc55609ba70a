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

const inSlots = (slots: readonly number[], weight: (at: number) => number) => {
  const weights = new Float64Array(degree / 2);
  for (const slot of slots) weights[slot] = weight(slot);
  return weights;
};

describe("the criterion for dither", () => {
  test("asks for coefficients of a unit, as a root mean square, where there are many weights", () => {
    const everywhere = new Float64Array(degree / 2).fill(0.25).map((weight, i) => (i % 3 ? weight : -weight));
    // Coefficients of 0.25 / √(N / 2)·√(1/2): a unit at 2^8.
    expect(ditheredBelowBits(everywhere)).toBe(8);
    const zeros = new Float64Array(degree / 2);
    expect(dithered(zeros, 1)).toBe(zeros);
  });

  test("asks for much more where a weight stands alone: its wave is rounded alike in each period", () => {
    const alone = inSlots([5], () => 1);
    const bits = ditheredBelowBits(alone);
    // Coefficients of √2 / N, a unit at 2^10.5; what rounding leaves of the wave falls as the root of its amplitude only.
    expect(bits).toBeGreaterThan(10.5 + 8);
    expect(dithered(alone, 2 ** (bits - 1))).not.toEqual(alone);
    expect(dithered(alone, 2 ** bits)).toBe(alone);
  });

  test.each([
    ["one weight", inSlots([0], () => 0.026)],
    ["three weights side by side", inSlots([0, 1, 2], (slot) => 0.03 - 0.005 * slot)],
    ["four equal weights, evenly spaced", inSlots([0, 512, 1024, 1536], () => 0.3)],
    [
      "eight weights, evenly spaced",
      inSlots(
        [0, 1, 2, 3, 4, 5, 6, 7].map((i) => 256 * i),
        (slot) => (slot % 768 ? 1 : 0.3),
      ),
    ],
    ["pairs, evenly spaced", inSlots([0, 1, 512, 513, 1024, 1025, 1536, 1537], (slot) => 0.2 + slot / 4096)],
  ])("no slot of a plaintext is off by more than by chance, at any scale: %s", (_, weights) => {
    // Six deviations of rounding and the noise of dither, which has half a unit in each coefficient.
    const most = 6 * Math.sqrt(degree * (1 / 12 + 1 / 4));
    for (let bits = 8; bits <= 30; bits++) {
      const scale = 2 ** bits;
      using plaintext = seal.evaluator.encode(dithered(weights, scale), { level: 1, scale });
      const errors = seal.evaluator.decode(plaintext).map((value, slot) => (value - weights[slot]) * scale);
      expect({ bits, error: Math.max(...errors.map(Math.abs)) <= most }).toEqual({ bits, error: true });
    }
  });
});

test("plaintexts of different weights get different noise", () => {
  const [a, b] = [1, 2].map((slot) => {
    const weights = new Float64Array(degree / 2);
    weights[slot] = 0.01;
    return dithered(weights, 2 ** 8).map((value, i) => value - weights[i]);
  });
  const product = a.reduce((sum, value, i) => sum + value * b[i], 0);
  const powerOf = (noise: Float64Array) => noise.reduce((sum, value) => sum + value * value, 0);
  expect(Math.abs(product) / Math.sqrt(powerOf(a) * powerOf(b))).toBeLessThan(0.1);
});
