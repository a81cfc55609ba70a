import { expect, test } from "@jest/globals";
import { confusionMatrix, wilsonInterval } from "../../../src/he-ml/service/accuracy-statistics.js";

test.each([
  // 0 of n leads to z² / (n + z²), n of n to n / (n + z²).
  [0, 10, 0, 0.277533],
  [10, 10, 0.722467, 1],
])("%d of %d right", (right, trials, low, high) => {
  const interval = wilsonInterval(right, trials);
  expect(interval.low).toBeCloseTo(low, 5);
  expect(interval.high).toBeCloseTo(high, 5);
});

test("an end of the interval is a share that lies 1.96 of its own deviations away", () => {
  for (const [right, trials] of [
    [1, 3],
    [9, 10],
    [57, 114],
    [8862, 10_000],
  ]) {
    for (const end of Object.values(wilsonInterval(right, trials))) {
      const deviation = Math.sqrt((end * (1 - end)) / trials);
      expect(Math.abs(right / trials - end) / deviation).toBeCloseTo(1.959964, 5);
    }
  }
});

test("more right than trials, and no trials, are refused by name", () => {
  expect(() => wilsonInterval(3, 2)).toThrow(
    /wilsonInterval: right: expected a whole number from 0 to 2, got 3/,
  );
  expect(() => wilsonInterval(0, 0)).toThrow(/wilsonInterval: trials: expected/);
});

test("rows are labels, columns predictions", () => {
  const pairs = [
    [0, 1],
    [0, 1],
    [2, 2],
    [1, 0],
  ] as const;
  expect(confusionMatrix(pairs, 3)).toEqual([
    [0, 2, 0],
    [1, 0, 0],
    [0, 0, 1],
  ]);
});
