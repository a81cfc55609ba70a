import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { sumRotations } from "../../../../src/he-ml/planner/matvec/linear-transform.js";
import {
  equalRotations,
  rotationMilliseconds,
  type RotationCosts,
} from "../../../../src/he-ml/planner/matvec/rotation-costs.js";
import {
  countsOfSums,
  foldBlocks,
  mergedSums,
  type RotateAndSum,
} from "../../../../src/he-ml/planner/matvec/sums.js";

const slots = 64;
const sharing: RotationCosts = { decompose: 0.54, innerProduct: 0.13, modDown: 0.26 };
const costOf = (sums: readonly RotateAndSum[], costs: RotationCosts) =>
  rotationMilliseconds(costs, countsOfSums(sums, 1));

const sumsOfAnyKind = fc.array(
  fc.uniqueArray(fc.integer({ min: 1, max: slots - 1 }), { minLength: 1, maxLength: 3 }),
  { maxLength: 5 },
);
const part = fc.double({ min: 0, max: 1, noNaN: true });
const anyCosts = fc.record({ decompose: part, innerProduct: part, modDown: part });

test("random sums: merged ones add up the same, by rotations that there are, and cost no more", () => {
  let merged = 0;
  fc.assert(
    fc.property(sumsOfAnyKind, anyCosts, (sums, costs) => {
      const fewer = mergedSums(sums, slots, costs);
      const values = Float64Array.from({ length: slots }, (_, i) => (i * i * 7) % 101);
      expect(sumRotations(values, fewer)).toEqual(sumRotations(values, sums));
      expect(costOf(fewer, costs)).toBeLessThanOrEqual(costOf(sums, costs) + 1e-12);
      for (const step of fewer.flat()) expect(step > 0 && step < slots ? step : "no step").toBe(step);
      if (fewer.length < sums.length) merged++;
    }),
    { seed: 81, numRuns: 200 },
  );
  expect(merged).toBeGreaterThan(20);
});

test("folds are made two at once where rotations share work, and stay as they are where they do not", () => {
  const folds = foldBlocks(32, 2);
  expect(mergedSums(folds, slots, equalRotations)).toEqual(folds);
  expect(mergedSums(folds, slots, sharing)).toEqual([[2, 4, 6], [8, 16, 24], [32]]);
});

test("steps that meet the ciphertext itself, once around, are not made one", () => {
  expect(mergedSums([[16], [48]], slots, sharing)).toEqual([[16], [48]]);
});
