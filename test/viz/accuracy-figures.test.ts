import { describe, expect, test } from "@jest/globals";
import type { BarData } from "plotly.js-dist-min";
import { confusionMatrix } from "../../src/viz/accuracy/confusion-matrix.js";
import { errorHistogram } from "../../src/viz/accuracy/error-histogram.js";

describe("confusionMatrix", () => {
  const matrix = [
    [3, 1],
    [0, 0],
  ];

  test("has a cell for each label and prediction, coloured by the share of the label's images", () => {
    const { data, layout } = confusionMatrix(matrix, ["a<b", "c"]);
    const [cells] = data as [Partial<BarData>];
    expect(cells.x).toEqual([0, 1, 0, 1]);
    expect(cells.base).toEqual([-0.5, -0.5, 0.5, 0.5]);
    expect(cells.text).toEqual(["3", "1", "0", "0"]);
    expect(cells.marker!.color).toEqual([0.75, 0.25, 0, 0]);
    expect(cells.customdata![1]).toBe("a&lt;b, read as c");
    expect(layout.xaxis!.ticktext).toEqual(["a&lt;b", "c"]);
  });

  test("what is no square of counts is refused by name", () => {
    expect(() => confusionMatrix([[1, 2]])).toThrow(/confusionMatrix: expected rows of 1 counts/);
    expect(() => confusionMatrix(matrix, ["a"])).toThrow(/classNames: expected a name for each of 2 classes/);
  });
});

test("errorHistogram counts every error once, symmetrically around 0", () => {
  const errors = [-0.5, 0, 0, 0.25, 0.5];
  const [{ x, y }] = errorHistogram(errors).data as [Partial<BarData>];
  const counts = (y as readonly (number | null)[]).map((count) => count ?? 0);
  expect(counts.reduce((sum, count) => sum + count)).toBe(errors.length);
  expect([counts[0], counts[30], counts.at(-1)]).toEqual([1, 2, 1]);
  expect((x as readonly number[])[30]).toBeCloseTo(0, 12);
  expect(() => errorHistogram([NaN])).toThrow(/expected finite numbers as errors/);
});
