import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { identityLayer } from "../../../src/he-ml/model/identity.js";
import { layerForward, layerOutputShape } from "../../../src/he-ml/model/model.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { layerMap } from "../../../src/he-ml/planner/layer-map.js";
import {
  applyMap,
  compose,
  scaleWeights,
  sparseMap,
  type SparseMap,
} from "../../../src/he-ml/planner/sparse-map.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { layerCases, layerKinds } from "../layers/random-layers.js";
import { maxAbsDifference, randomTensor, seededRandom } from "../support.js";

/** A map with about a third of its entries, some of them twice. */
function randomMap(rows: number, columns: number, seed: number): SparseMap {
  const random = seededRandom(seed);
  return sparseMap(rows, columns, () => ({
    entries: Array.from({ length: columns }, () => ({
      column: Math.floor(random() * columns),
      weight: random() < 0.6 ? 0 : 2 * random() - 1,
    })),
    bias: random() - 0.5,
  }));
}

const sizes = fc.tuple(
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
);

test("a composition computes one map after the other", () => {
  fc.assert(
    fc.property(sizes, fc.nat(9999), ([inner, middle, outer], seed) => {
      const first = randomMap(middle, inner, seed);
      const second = randomMap(outer, middle, seed + 1);
      const { data } = randomTensor([inner], seed + 2);
      const twice = applyMap(second, applyMap(first, data));
      expect(maxAbsDifference(applyMap(compose(first, second), data), twice)).toBeLessThan(1e-12);
    }),
    { seed: 62, numRuns: 100 },
  );
});

test("entries of one column are added up, and zeros left out", () => {
  const map = sparseMap(2, 3, (row) => ({
    entries:
      row === 0
        ? [
            { column: 2, weight: 1 },
            { column: 0, weight: 2 },
            { column: 2, weight: 3 },
          ]
        : [
            { column: 1, weight: 5 },
            { column: 1, weight: -5 },
          ],
    bias: row,
  }));
  expect([...map.rowStarts]).toEqual([0, 2, 2]);
  expect([...map.columnOf]).toEqual([0, 2]);
  expect([...map.weights]).toEqual([2, 4]);
  expect([...applyMap(scaleWeights(map, 2), Float64Array.of(1, 1, 1))]).toEqual([12, 1]);
});

const linearKinds = layerKinds.filter(
  (kind) => !["square", "polynomial", "flatten", "identity"].includes(kind),
);
test("layers that compute nothing, and activations, have no map", () => {
  expect(layerMap(flattenLayer(), [2, 3, 3])).toBeUndefined();
  expect(layerMap(identityLayer(), [4])).toBeUndefined();
  expect(layerMap(squareLayer(), [4])).toBeUndefined();
  expect(layerMap(polynomialLayer({ coefficients: [1, 2, 3] }), [4])).toBeUndefined();
});
test("a polynomial of degree 1 is a diagonal map", () => {
  const map = layerMap(polynomialLayer({ coefficients: [1, -2] }), [3])!;
  expect([...applyMap(map, Float64Array.of(0, 1, 5))]).toEqual([1, -1, -9]);
});
test.each(linearKinds)("the map of a random layer is the plain layer: %s", (kind) => {
  fc.assert(
    fc.property(layerCases(kind), ({ layer, batch }) => {
      const [, ...shape] = batch.shape;
      const size = batch.data.length / batch.shape[0];
      const image = batch.data.subarray(0, size);
      const map = layerMap(layer, shape)!;
      const expected = layerForward(layer, tensor([1, ...shape], image)).data;
      expect([map.columns, map.rows]).toEqual([size, expected.length]);
      expect(layerOutputShape(layer, shape).reduce((a, b) => a * b, 1)).toBe(map.rows);
      expect(maxAbsDifference(applyMap(map, Float64Array.from(image)), expected)).toBeLessThan(1e-12);
    }),
    { seed: 63, numRuns: 60 },
  );
});
