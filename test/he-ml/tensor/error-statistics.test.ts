import { expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { errorStatistics } from "../../../src/he-ml/tensor/error-statistics.js";
import { tensor, zeros } from "../../../src/he-ml/tensor/tensor.js";

test("the figures of four errors 0.5, 1, 0, 2 beside a largest value of 16", () => {
  const expected = tensor([2, 2], [1, 2, 3, -16]);
  const actual = tensor([2, 2], [1.5, 1, 3, -18]);
  expect(errorStatistics(actual, expected)).toEqual({
    maxAbs: 2,
    mean: 0.875,
    rms: Math.sqrt(5.25 / 4),
    p99: 2,
    argmax: 3,
    relativeToMax: 1 / 8,
    precisionBits: 3,
  });
});

test("p99 is the nearest rank: of errors 1 to 200 it is 198", () => {
  const errors = Array.from({ length: 200 }, (_, i) => ((i * 7) % 200) + 1);
  const statistics = errorStatistics(tensor([200], errors), zeros([200]));
  expect(statistics.p99).toBe(198);
  expect(statistics.maxAbs).toBe(200);
  expect(statistics.argmax).toBe(errors.indexOf(200));
});

test("equal tensors have all of a double's bits", () => {
  const same = tensor([3], [1, 2, 3]);
  expect(errorStatistics(same, same)).toMatchObject({ maxAbs: 0, relativeToMax: 0, precisionBits: 53 });
  expect(errorStatistics(zeros([3]), zeros([3]))).toMatchObject({ relativeToMax: 0, precisionBits: 53 });
});

test("an error where only zeros are expected has no correct bits", () => {
  expect(errorStatistics(tensor([2], [0, 1]), zeros([2]))).toMatchObject({
    maxAbs: 1,
    relativeToMax: 1,
    precisionBits: 0,
  });
});

test("a NaN is not overlooked, wherever it stands", () => {
  for (const values of [
    [NaN, 5, 5],
    [5, NaN, 5],
    [5, 5, NaN],
  ]) {
    const statistics = errorStatistics(tensor([3], values), tensor([3], [1, 1, 1]));
    expect(statistics.argmax).toBe(values.findIndex(Number.isNaN));
    expect(statistics.maxAbs).toBeNaN();
    expect(statistics.mean).toBeNaN();
    expect(statistics.precisionBits).toBeNaN();
  }
});

test("shapes that differ, and nothing at all, are refused", () => {
  expect(() => errorStatistics(zeros([2, 3]), zeros([3, 2]))).toThrow(
    new InputError("errorStatistics: expected shape 3×2, got 2×3"),
  );
  expect(() => errorStatistics(zeros([0]), zeros([0]))).toThrow(InputError);
});
