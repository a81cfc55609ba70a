import { describe, expect, test } from "@jest/globals";
import { digitShares, headroomBits } from "../../../src/he-ml/crypto/noise.js";
import { ClearContext } from "../../../src/he-ml/crypto/clear-context.js";
import type { ClearCiphertext } from "../../../src/he-ml/crypto/clear-evaluator.js";
import { openSeal } from "../support.js";
import { chains, describeNoise } from "./noise.js";

// A longer chain, and key switching, which has to be averaged over many keys: see noise.slow.ts.
describeNoise(chains[0]);

test("what rounding weights does is predicted: all, where they round to zero", () => {
  const { evaluator } = new ClearContext(chains[0][1]);
  const value = 1000;
  const input = evaluator.encrypt(new Float64Array(evaluator.parameters.slots).fill(value));
  for (const weight of [2.4, 0.4]) {
    const sum = evaluator.weightedSum([input], [weight / 2 ** 16], 2 ** 16) as ClearCiphertext;
    expect(sum.predictedError / ((0.4 / 2 ** 16) * value)).toBeCloseTo(1, 3);
    expect(Math.abs(sum.values[0] - (weight / 2 ** 16) * value) / sum.predictedError).toBeCloseTo(1, 3);
  }
});

describe("headroomBits", () => {
  const [[, parameters]] = chains;

  test("is what is left below half the modulus", () => {
    // One data prime just below 2^50: values up to 2^49 / scale fit.
    expect(headroomBits(parameters, 1, 2 ** 20, 1)).toBeCloseTo(29, 5);
    expect(headroomBits(parameters, 1, 2 ** 20, 2 ** 30)).toBeCloseTo(-1, 5);
    expect(headroomBits(parameters, 3, 2 ** 20, 1)).toBeCloseTo(50 + 60 + 48 - 1 - 20, 5);
  });

  test("a value with room decrypts, one bit beyond it wraps around", async () => {
    const side = await openSeal(parameters);
    const at = { level: 1, scale: 2 ** 20 };
    const decryptScaled = (factor: number) => {
      const zero = side.evaluator.encryptZero(at);
      const sum = side.evaluator.addPlain(zero, side.evaluator.encodeScalar(1.5 * 2 ** 27, at));
      const scaled = side.evaluator.multiplyPlain(
        sum,
        side.evaluator.encodeScalar(factor, { level: 1, scale: 1 }),
      );
      return side.slots(scaled)[0];
    };
    expect(headroomBits(parameters, 1, at.scale, 1.5 * 2 ** 28)).toBeGreaterThan(0);
    expect(decryptScaled(2) / (1.5 * 2 ** 28)).toBeCloseTo(1, 4);
    expect(headroomBits(parameters, 1, at.scale, 1.5 * 2 ** 29)).toBeLessThan(0);
    expect(decryptScaled(4)).toBeLessThan(0);
  });
});

test.each(["seal", "kernel"] as const)(
  "%s: what slots have of a key switch's digits is all of it, as a mean over them",
  (evaluator) => {
    const degree = 1024;
    const shares = Array.from({ length: degree / 2 }, (_, slot) => digitShares(evaluator, degree, slot));
    const sum = shares.reduce((total, { mean, random }) => total + mean ** 2 + random ** 2, 0);
    expect(sum / shares.length).toBeCloseTo(1, 6);
    // Slot 0 has √(3N)/π times the mean of all.
    const slot0 = Math.sqrt(3 * degree) / Math.PI;
    if (evaluator === "seal") expect(shares[0].mean / slot0).toBeCloseTo(1, 4);
  },
);
