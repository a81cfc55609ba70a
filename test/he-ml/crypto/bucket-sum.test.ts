import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { BucketSum, countAdditions } from "../../../src/he-ml/crypto/bucket-sum.js";
import { chooseWindows } from "../../../src/he-ml/crypto/windows.js";

/** An integer that additions change. */
interface Cell {
  value: bigint;
  delete(): void;
}

const cell = (value: bigint): Cell => ({ value, delete: () => undefined });

test("over integers it is the weighted sum, and takes the additions that are counted", () => {
  const weights = fc.array(
    fc.integer({ min: -(2 ** 20), max: 2 ** 20 }).filter((weight) => weight !== 0),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(weights, (chosen) => {
      let additions = 0;
      const sums = new BucketSum<Cell>({
        newHandle: () => cell(0n),
        assign: (total, other) => void (total.value = other.value),
        negate: (total, other) => void (total.value = -other.value),
        add: (total, other) => void ((total.value += other.value), additions++),
        subtract: (total, other) => void ((total.value -= other.value), additions++),
      });
      const inputs = chosen.map((_, i) => cell(BigInt(1 + 7919 * i)));
      const windows = chooseWindows(chosen.length, Math.max(...chosen.map(Math.abs)));
      const total = cell(0n);
      sums.compute(total, inputs, chosen, windows);
      const expected = chosen.reduce((sum, weight, i) => sum + BigInt(weight) * inputs[i].value, 0n);
      expect(total.value).toBe(expected);
      expect(countAdditions(chosen, windows)).toBe(additions);
    }),
    { seed: 3, numRuns: 200 },
  );
});
