import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import {
  argmax,
  formatShape,
  imageAt,
  maxAbs,
  reshape,
  sizeOf,
  stack,
  tensor,
  zeros,
} from "../../../src/he-ml/tensor/tensor.js";

describe("tensor", () => {
  test("copies its values", () => {
    const values = [1, 2, 3, 4, 5, 6];
    const matrix = tensor([2, 3], values);
    values[0] = 100;
    expect(matrix).toEqual({ shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) });
  });

  test("refuses a count that does not match the shape", () => {
    expect(() => tensor([2, 2], [1, 2, 3])).toThrow(
      new InputError("tensor: shape 2×2 holds 4 values, got 3"),
    );
  });

  test.each([[[-1]], [[1.5]], [[NaN]]])("refuses the shape %p", (shape) => {
    expect(() => tensor(shape, [])).toThrow(InputError);
  });

  test("a scalar holds one value", () => {
    expect(sizeOf([])).toBe(1);
    expect(formatShape([])).toBe("scalar");
    expect(tensor([], [7]).data).toEqual(Float64Array.of(7));
  });
});

describe("reshape", () => {
  test("shares the values", () => {
    const source = zeros([2, 3]);
    const reshaped = reshape(source, [3, 2]);
    source.data[4] = 9;
    expect(reshaped).toEqual({ shape: [3, 2], data: Float64Array.of(0, 0, 0, 0, 9, 0) });
  });

  test("refuses another number of values", () => {
    expect(() => reshape(zeros([2, 3]), [5])).toThrow(new InputError("reshape: 2×3 cannot become 5"));
  });
});

describe("batches", () => {
  const first = tensor([1, 2], [1, 2]);
  const second = tensor([1, 2], [3, 4]);

  test("stack puts images behind one another, imageAt takes them out", () => {
    const batch = stack([first, second]);
    expect(batch).toEqual(tensor([2, 1, 2], [1, 2, 3, 4]));
    expect(imageAt(batch, 0)).toEqual(first);
    expect(imageAt(batch, 1)).toEqual(second);
  });

  test("stack refuses nothing, and shapes that differ", () => {
    expect(() => stack([])).toThrow(InputError);
    expect(() => stack([first, tensor([2, 1], [3, 4])])).toThrow(
      "expected every tensor to be 1×2, got 2×1 at 1",
    );
  });

  test.each([-1, 2, 0.5])("imageAt refuses index %p of two images", (index) => {
    expect(() => imageAt(stack([first, second]), index)).toThrow(InputError);
  });
});

test("argmax gives the first of equals", () => {
  expect(argmax([-3, 5, 2, 5])).toBe(1);
  expect(argmax([-2, -1])).toBe(1);
});

test("maxAbs gives the largest magnitude", () => {
  expect(maxAbs([-3, 2])).toBe(3);
  expect(maxAbs([])).toBe(0);
});
