import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { flattenLayer } from "../../../../src/he-ml/model/flatten.js";
import { identityLayer } from "../../../../src/he-ml/model/identity.js";
import { layerForward, layerOutputShape } from "../../../../src/he-ml/model/model.js";
import { polynomialLayer } from "../../../../src/he-ml/model/polynomial.js";
import { squareLayer } from "../../../../src/he-ml/model/square.js";
import { affineOfLayer } from "../../../../src/he-ml/planner/stages/affine-of-layer.js";
import {
  applyAffine,
  compose,
  scaleWeights,
  affineMap,
  type AffineMap,
} from "../../../../src/he-ml/planner/stages/affine-map.js";
import { tensor } from "../../../../src/he-ml/tensor/tensor.js";
import { layerCases, layerKinds } from "../../layers/random-layers.js";
import { maxAbsDifference, randomTensor, seededRandom } from "../../support.js";

/** A map with about a third of its entries, some of them twice. */
function randomMap(rows: number, columns: number, seed: number): AffineMap {
  const random = seededRandom(seed);
  return affineMap(rows, columns, () => ({
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
      const twice = applyAffine(second, applyAffine(first, data));
      expect(maxAbsDifference(applyAffine(compose(first, second), data), twice)).toBeLessThan(1e-12);
    }),
    { seed: 62, numRuns: 100 },
  );
});

test("entries of one column are added up, and zeros left out", () => {
  const map = affineMap(2, 3, (row) => ({
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
  expect([...applyAffine(scaleWeights(map, 2), Float64Array.of(1, 1, 1))]).toEqual([12, 1]);
});

const linearKinds = layerKinds.filter(
  (kind) => !["square", "polynomial", "flatten", "unflatten", "identity"].includes(kind),
);
test("layers that compute nothing, and activations, have no map", () => {
  expect(affineOfLayer(flattenLayer(), [2, 3, 3])).toBeUndefined();
  expect(affineOfLayer(identityLayer(), [4])).toBeUndefined();
  expect(affineOfLayer(squareLayer(), [4])).toBeUndefined();
  expect(affineOfLayer(polynomialLayer({ coefficients: [1, 2, 3] }), [4])).toBeUndefined();
});
test("a polynomial of degree 1 is a diagonal map", () => {
  const map = affineOfLayer(polynomialLayer({ coefficients: [1, -2] }), [3])!;
  expect([...applyAffine(map, Float64Array.of(0, 1, 5))]).toEqual([1, -1, -9]);
});
test.each(linearKinds)("the map of a random layer is the plain layer: %s", (kind) => {
  fc.assert(
    fc.property(layerCases(kind), ({ layer, batch }) => {
      const [, ...shape] = batch.shape;
      const size = batch.data.length / batch.shape[0];
      const image = batch.data.subarray(0, size);
      const map = affineOfLayer(layer, shape)!;
      const expected = layerForward(layer, tensor([1, ...shape], image)).data;
      expect([map.columns, map.rows]).toEqual([size, expected.length]);
      expect(layerOutputShape(layer, shape).reduce((a, b) => a * b, 1)).toBe(map.rows);
      expect(maxAbsDifference(applyAffine(map, Float64Array.from(image)), expected)).toBeLessThan(1e-12);
    }),
    { seed: 63, numRuns: 60 },
  );
});
