import { describe, expect, test } from "@jest/globals";
import { fitOf, fitted } from "../../../src/he-ml/model/fit-images.js";
import { sizeOf, tensor, type Shape } from "../../../src/he-ml/tensor/tensor.js";
import { datasetInShape, type Dataset } from "../../../src/train/dataset.js";

/** Two images whose values are their own row-major places, the second's 100 more. */
const counted = (shape: Shape) =>
  tensor(
    [2, ...shape],
    Array.from({ length: 2 * sizeOf(shape) }, (_, i) => (i % sizeOf(shape)) + (i < sizeOf(shape) ? 0 : 100)),
  );

describe("images for a model of another shape", () => {
  test.each<[Shape, Shape]>([
    [[1, 2, 3], [6]],
    [
      [1, 2, 3],
      [2, 3],
    ],
    [
      [1, 2, 3],
      [2, 3, 1],
    ],
    [
      [2, 3],
      [1, 2, 3],
    ],
    [[6], [1, 2, 3]],
    [[3, 2, 2], [12]],
  ])("%j → %j: the same values in the same order", (from, to) => {
    const fit = fitOf(from, to)!;
    expect(fit).toEqual({ how: `reshaped from ${from.join("×")} to ${to.join("×")}` });
    expect(fitted(counted(from), fit, to)).toEqual({ shape: [2, ...to], data: counted(from).data });
  });

  test("channels go last, and come first", () => {
    const [from, to]: Shape[] = [
      [2, 2, 3],
      [2, 3, 2],
    ];
    const last = [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11];
    const fit = fitOf(from, to)!;
    expect(fit.how).toBe("with its channels moved from 2×2×3 to 2×3×2");
    const moved = fitted(counted(from), fit, to);
    expect([...moved.data]).toEqual([...last, ...last.map((value) => value + 100)]);
    expect(fitted(moved, fitOf(to, from)!, from)).toEqual(counted(from));
  });

  test.each<[Shape, Shape]>([
    [
      [1, 28, 28],
      [4, 14, 14],
    ],
    [[1, 28, 28], [783]],
    [
      [2, 3],
      [3, 2],
    ],
    [
      [2, 3, 4],
      [3, 2, 4],
    ],
  ])("%j → %j: not of the same image", (from, to) => {
    expect(fitOf(from, to)).toBeUndefined();
  });

  test("a dataset: every image, said once", () => {
    const { data } = counted([2, 2, 3]);
    const dataset: Dataset = {
      name: "x",
      split: "train",
      classNames: ["a", "b"],
      images: { count: 2, shape: [2, 2, 3], values: Uint8Array.from(data), divisor: 255 },
      labels: Uint8Array.of(0, 1),
    };
    const said: string[] = [];
    const moved = datasetInShape(dataset, [2, 3, 2], (how) => said.push(how));
    expect(said).toEqual(["with its channels moved from 2×2×3 to 2×3×2"]);
    expect([...moved.images.values.slice(0, 4), moved.images.values[12]]).toEqual([0, 6, 1, 7, 100]);
    expect(datasetInShape(dataset, [12]).images.values).toBe(dataset.images.values);
    expect(datasetInShape(dataset, [5])).toBe(dataset);
  });
});
