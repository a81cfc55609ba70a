import { describe, expect, test } from "@jest/globals";
import { evaluatorKinds } from "../../../../src/he-ml/crypto/evaluator-kind.js";
import { noOperations } from "../../../../src/he-ml/crypto/operation-counts.js";
import {
  costlyOperations,
  costsOnChain,
  millisecondsOf,
  rotationCosts,
  transformMilliseconds,
  typicalCosts,
} from "../../../../src/he-ml/planner/search/costs.js";

const kernel = typicalCosts(8192, 3, "kernel");
const seal = typicalCosts(8192, 3, "seal");

describe.each(evaluatorKinds)("typical costs of %s", (evaluator) => {
  const costs = typicalCosts(8192, 4, evaluator);

  test.each(costlyOperations)("%s is known at every level, and dearer with more primes", (operation) => {
    const byLevel = costs[operation];
    expect(byLevel).toHaveLength(4);
    expect(byLevel.toSorted((a, b) => a - b)).toEqual(byLevel);
  });

  test("the parts of a rotation come to a rotation", () => {
    for (const level of [1, 2, 3, 4]) {
      const { decompose, innerProduct, modDown } = rotationCosts(costs, level);
      expect(innerProduct).toBeGreaterThan(0);
      expect(decompose + innerProduct + modDown).toBeCloseTo(costs.rotate[level - 1], 12);
    }
  });
});

test("SEAL's rotations share nothing", () => {
  expect([...seal.decompose, ...seal.modDown]).toEqual([0, 0, 0, 0, 0, 0]);
});

test("rotations that share parts are predicted to take as much less", () => {
  const ops = { ...noOperations, rotate: 8, multiplyPlain: 25, add: 24 };
  const alone = millisecondsOf(kernel, 3, ops);
  expect(alone).toBeCloseTo(8 * kernel.rotate[2] + 25 * kernel.multiplyPlain[2], 12);
  const shared = millisecondsOf(kernel, 3, ops, { decompositions: 5, modDowns: 5 });
  expect(alone - shared).toBeCloseTo(3 * kernel.decompose[2] + 3 * kernel.modDown[2], 12);
  const counts = { rotations: 8, decompositions: 5, modDowns: 5, products: 25 };
  expect(transformMilliseconds(kernel, 3, counts)).toBeCloseTo(shared, 12);
  expect(millisecondsOf(seal, 3, ops, counts)).toBe(millisecondsOf(seal, 3, ops));
});

describe("on a chain of larger primes", () => {
  test("SEAL's costs stay, and so do the kernel evaluator's where all primes are fast", () => {
    expect(costsOnChain(seal, [60, 60, 60, 60], "seal")).toEqual(seal);
    expect(costsOnChain(kernel, [50, 49, 30, 50], "kernel")).toEqual(kernel);
  });

  test.each([
    [1.5, [51, 52, 52, 51]],
    [5.25, [53, 60, 60, 60]],
  ])("%p times as long with primes of %j bits", (factor, bits) => {
    const large = costsOnChain(kernel, bits, "kernel");
    for (const operation of costlyOperations) {
      large[operation].forEach((cost, i) => expect(cost).toBeCloseTo(factor * kernel[operation][i], 12));
    }
  });

  test("a large special prime is met by key switches only", () => {
    const { rotate, square } = costsOnChain(kernel, [50, 50, 50, 60], "kernel");
    expect(square).toEqual(kernel.square);
    expect(rotate[2]).toBeCloseTo(kernel.rotate[2] * (1 + 4.25 / 4), 12);
  });

  test("a prime counts at the levels at which it is there", () => {
    const { multiplyPlain } = costsOnChain(kernel, [50, 50, 60, 60], "kernel");
    const factors = multiplyPlain.map((cost, i) => cost / kernel.multiplyPlain[i]);
    expect(factors[0]).toBe(1);
    expect(factors[1]).toBe(1);
    expect(factors[2]).toBeCloseTo(1 + 4.25 / 3, 12);
  });
});
