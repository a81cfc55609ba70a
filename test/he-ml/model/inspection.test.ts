import { describe, expect, test } from "@jest/globals";
import { inspectNetwork } from "../../../src/he-ml/model/inspection.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { parameterCount } from "../../../src/he-ml/model/parameter-count.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { toMimeBundle } from "../../../src/notebook/display/to-mime-bundle.js";
import { textCells } from "../../notebook/display/values.js";

/** x → (x, −2x) → a polynomial of this degree. */
function polynomialNetwork(degree: number) {
  return defineModel({
    name: "p",
    inputShape: [1],
    layers: [
      linearLayer({ name: "fc1", weights: tensor([2, 1], [1, -2]), bias: tensor([2], [0, 0]) }),
      polynomialLayer({ name: "act1", coefficients: Array.from({ length: degree + 1 }, () => 0.5) }),
    ],
  });
}

describe("inspectNetwork", () => {
  test.each([
    [1, 0, 2],
    [2, 1, 2],
    [3, 2, 3],
    [4, 2, 4],
  ])("a polynomial of degree %d multiplies %d times, %d with the weights", (degree, ciphertext, total) => {
    expect(inspectNetwork(polynomialNetwork(degree)).depth).toEqual({ ciphertext, total });
  });

  test("counts weights, biases and coefficients, as the display in a notebook does", () => {
    const network = polynomialNetwork(3);
    const { layers, parameters } = inspectNetwork(network);
    expect(layers.map((layer) => layer.parameters)).toEqual([4, 4]);
    expect(parameters).toBe(8);
    expect(network.layers.map(parameterCount)).toEqual([4, 4]);
    const [, ...rows] = textCells(toMimeBundle(network));
    expect(rows.map((cells) => cells.at(-1))).toEqual(["4", "4"]);
  });

  test("knows no ranges of itself", () => {
    const { inputRange, layers, rangesFrom } = inspectNetwork(polynomialNetwork(2));
    expect([inputRange, rangesFrom]).toEqual([null, null]);
    expect(layers.map(({ range }) => range)).toEqual([null, null]);
  });

  test("takes ranges that are given, and those of images before them", () => {
    const valueRanges = [{ name: "fc1", min: -9, max: 9 }];
    const given = inspectNetwork(polynomialNetwork(2), { valueRanges, rangesFrom: "metrics.json" });
    expect(given).toMatchObject({ inputRange: null, rangesFrom: "metrics.json" });
    expect(given.layers.map(({ range }) => range)).toEqual([{ min: -9, max: 9 }, null]);

    const images = tensor([2, 1], [1, 3]);
    const measured = inspectNetwork(polynomialNetwork(2), { images, valueRanges });
    expect(measured).toMatchObject({ inputRange: { min: 1, max: 3 }, rangesFrom: "images" });
    expect(measured.layers.map(({ range }) => range)).toEqual([
      { min: -6, max: 3 },
      { min: 1.5, max: 15.5 },
    ]);
  });

  test("refuses images of another shape", () => {
    expect(() => inspectNetwork(polynomialNetwork(2), { images: tensor([1, 2], [0, 0]) })).toThrow(
      'model "p": expected a batch [n, 1]',
    );
  });
});
