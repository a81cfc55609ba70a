import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { repeated, studentQuantile95 } from "../../src/figures/repeated.js";

test.each([
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [4, 2.776],
  [9, 2.262],
  [10, 2.228],
  [29, 2.045],
  [30, 2.042],
  [100, 1.984],
  [999, 1.962],
])("Student's quantile of %d degrees of freedom is %d, as NIST's table has it", (degrees, quantile) => {
  // https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm; of 999 as R's qt(0.975, 999) has it
  expect(studentQuantile95(degrees)).toBeCloseTo(quantile, 3);
});

test("an interval as a table of t gives it by hand", () => {
  const { mean, standardDeviation, confidence95 } = repeated([9, 10, 11]);
  expect([mean, standardDeviation]).toEqual([10, 1]);
  // 4.30265 / √3 = 2.48414
  expect(confidence95[0]).toBeCloseTo(7.51586, 4);
  expect(confidence95[1]).toBeCloseTo(12.48414, 4);
});

test("a value alone is its mean, and its interval", () => {
  expect(repeated([3])).toEqual({ values: [3], mean: 3, standardDeviation: 0, confidence95: [3, 3] });
});

test("the interval moves and grows with the values", () => {
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(number, { minLength: 2, maxLength: 9 }),
      fc.integer({ min: -9, max: 9 }),
      (values, by) => {
        const [low, high] = repeated(values).confidence95;
        const [movedLow, movedHigh] = repeated(values.map((value) => 2 * value + by)).confidence95;
        expect(movedLow / 1e6).toBeCloseTo((2 * low + by) / 1e6, 8);
        expect(movedHigh / 1e6).toBeCloseTo((2 * high + by) / 1e6, 8);
      },
    ),
    { numRuns: 30, seed: 1 },
  );
});

test.each([[[]], [[1, NaN]], [[Infinity]]])("%j is refused", (values) => {
  expect(() => repeated(values)).toThrow("repeated: expected finite numbers, one or more, got");
});
