import { expect, test } from "@jest/globals";
import { polynomialLayer } from "../../../../src/he-ml/index.js";
import { definitionOf } from "../../../../src/he-ml/model/layers.js";
import { levelsOfDegree } from "../../../../src/notebook/exercises/lesson-06/levels.js";

test("levels are the depth that the library counts", () => {
  for (let degree = 2; degree <= 32; degree++) {
    const layer = polynomialLayer({ coefficients: Array.from({ length: degree + 1 }, () => 1) });
    expect(levelsOfDegree(degree)).toBe(definitionOf(layer).depth?.(layer).total);
  }
  expect(levelsOfDegree(1)).toBe(1);
});
