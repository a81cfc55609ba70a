import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import {
  anyBetween,
  difference,
  exactly,
  exponents,
  hull,
  largestCoefficient,
  product,
  square,
  sum,
  weightedSum,
  type CoefficientIntervals,
} from "../../../../src/he-ml/crypto/bfv/coefficient-intervals.js";
import type { Digits } from "../../../../src/he-ml/crypto/bfv/digits.js";

const digits = fc.record({
  lowest: fc.integer({ min: -6, max: 4 }),
  coefficients: fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 5 }),
});

/** Some polynomials and the smallest intervals that hold them. */
const some = fc
  .array(digits, { minLength: 1, maxLength: 4 })
  .map((polynomials) => ({ polynomials, intervals: polynomials.map(exactly).reduce(hull) }));

/** Plain arithmetic of Laurent polynomials. */
type Polynomial = ReadonlyMap<number, number>;
const toMap = ({ lowest, coefficients }: Digits): Polynomial =>
  new Map(coefficients.map((value, i) => [lowest + i, value]));
const added = (a: Polynomial, b: Polynomial, times = 1): Polynomial => {
  const total = new Map(a);
  for (const [e, value] of b) total.set(e, (total.get(e) ?? 0) + times * value);
  return total;
};
const multiplied = (a: Polynomial, b: Polynomial): Polynomial => {
  const total = new Map<number, number>();
  for (const [i, x] of a) for (const [j, y] of b) total.set(i + j, (total.get(i + j) ?? 0) + x * y);
  return total;
};

function expectWithin(polynomial: Polynomial, { lowest, low, high }: CoefficientIntervals): void {
  for (const [e, value] of polynomial) {
    expect(value).toBeGreaterThanOrEqual(low[e - lowest] ?? 0);
    expect(value).toBeLessThanOrEqual(high[e - lowest] ?? 0);
  }
}

test("sums, differences, products and squares lie where their intervals say", () => {
  fc.assert(
    fc.property(some, some, (a, b) => {
      const square1 = square(a.intervals);
      for (const x of a.polynomials.map(toMap)) {
        expectWithin(multiplied(x, x), square1);
        for (const y of b.polynomials.map(toMap)) {
          expectWithin(added(x, y), sum(a.intervals, b.intervals));
          expectWithin(added(x, y, -1), difference(a.intervals, b.intervals));
          expectWithin(multiplied(x, y), product(a.intervals, b.intervals));
        }
      }
      // Of one polynomial alone nothing is left open.
      const [x] = a.polynomials;
      expect(largestCoefficient(square(exactly(x)))).toBe(
        Math.max(0, ...Array.from(multiplied(toMap(x), toMap(x)).values(), Math.abs)),
      );
    }),
  );
});

test("weighted sums of independent polynomials reach the ends of their intervals", () => {
  fc.assert(
    fc.property(some, fc.array(digits, { minLength: 1, maxLength: 4 }), (x, weights) => {
      const made = weightedSum(x.intervals, weights);
      const { polynomials } = x;
      const chosen = weights.map((weight, i) =>
        multiplied(toMap(weight), toMap(polynomials[i % polynomials.length])),
      );
      expectWithin(
        chosen.reduce((total, next) => added(total, next)),
        made,
      );
      // With one weight of one digit each end is a coefficient's own.
      const [one] = weights;
      fc.pre(one.coefficients.length === 1 && one.coefficients[0] > 0);
      const alone = weightedSum(x.intervals, [one]);
      alone.high.forEach((high, i) => expect(high).toBe(one.coefficients[0] * x.intervals.high[i]));
    }),
  );
});

test("of zero, and of all digits between two exponents", () => {
  const zero = exactly({ lowest: 0, coefficients: [] });
  const some = anyBetween(-3, 2, 0, 1);
  expect(largestCoefficient(zero)).toBe(0);
  expect(exponents(zero)).toEqual([0, 0]);
  expect(sum(zero, some)).toEqual(some);
  expect(sum(some, zero)).toEqual(some);
  expect(hull(zero, anyBetween(1, 1, 2, 3))).toEqual(anyBetween(1, 1, 0, 3));
  expect(exponents(square(some))).toEqual([-6, 4]);
  expect(largestCoefficient(square(some))).toBe(6);
  expect(largestCoefficient(square(anyBetween(-3, 2, -1, 1)))).toBe(6);
  expect(weightedSum(some, []).low).toHaveLength(0);
});
