import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  fitLine,
  fitPolynomial,
  fitSquare,
  type SquareFit,
} from "../../../src/train/he-friendly/least-squares.js";

const spread = (count: number, from: number, to: number) =>
  Float64Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

const square = ({ gain, offset, sign, constant }: SquareFit, x: number) =>
  sign * (gain * x + offset) ** 2 + constant;

const errorOf = (xs: Float64Array, ys: Float64Array, f: (x: number) => number) =>
  xs.reduce((sum, x, i) => sum + (f(x) - ys[i]) ** 2, 0);

const number = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });

describe("a square of an affine map and a constant", () => {
  test("finds a parabola again whose vertex is on its grid", () => {
    const xs = spread(50, -3, 2);
    for (const [factor, shift, constant] of [
      [0.5, 0, 0],
      [2, 3, -1],
      [-0.25, -1.5, 4],
    ]) {
      const ys = xs.map((x) => factor * (x + shift) ** 2 + constant);
      const fit = fitSquare(xs, ys, true);
      xs.forEach((x, i) => expect(square(fit, x)).toBeCloseTo(ys[i], 8));
      expect(fit.sign).toBe(Math.sign(factor));
    }
  });

  test("is nearer than any other whose vertex is on the grid", () => {
    const values = fc.array(number(5), { minLength: 3, maxLength: 30 });
    fc.assert(
      fc.property(
        values,
        values,
        fc.integer({ min: -200, max: 200 }),
        number(3),
        number(5),
        (a, b, step, factor, c) => {
          const xs = Float64Array.from(a.slice(0, b.length));
          const ys = Float64Array.from(b.slice(0, xs.length));
          const radius = Math.max(...xs.map(Math.abs)) || 1;
          const fit = fitSquare(xs, ys, true);
          const found = errorOf(xs, ys, (x) => square(fit, x));
          const other = errorOf(xs, ys, (x) => factor * (x + (radius * step) / 200) ** 2 + c);
          expect(found).toBeLessThanOrEqual(other + 1e-6 * (1 + other));
        },
      ),
      { seed: 1 },
    );
  });

  test("without a constant has none", () => {
    const xs = spread(100, -2, 2);
    const ys = xs.map((x) => Math.max(0, x));
    const fit = fitSquare(xs, ys, false);
    expect(fit.constant).toBe(0);
    expect(errorOf(xs, ys, (x) => square(fit, x))).toBeLessThan(0.1 * errorOf(xs, ys, () => 0));
  });

  test("comes near tanh, though tanh is odd and a square is even: its vertex lies at an end of the range", () => {
    const xs = spread(200, -1.5, 1.5);
    const ys = xs.map(Math.tanh);
    const fit = fitSquare(xs, ys, true);
    expect(Math.abs(fit.offset / fit.gain)).toBeCloseTo(1.5, 9);
    expect(errorOf(xs, ys, (x) => square(fit, x))).toBeLessThan(0.1 * errorOf(xs, ys, () => 0));
  });

  test("of values that are all the same, or all zero, is finite and right there", () => {
    for (const value of [0, 3]) {
      const xs = new Float64Array(10).fill(value);
      const fit = fitSquare(xs, new Float64Array(10).fill(0.7), true);
      expect(square(fit, value)).toBeCloseTo(0.7, 9);
    }
  });
});

describe("a line", () => {
  test("finds itself again, and the mean where values do not differ", () => {
    const xs = spread(9, -1, 4);
    const { gain, offset } = fitLine(
      xs,
      xs.map((x) => 3 - 2 * x),
      true,
    );
    expect(gain).toBeCloseTo(-2, 12);
    expect(offset).toBeCloseTo(3, 12);
    expect(fitLine([2, 2], [1, 3], true)).toEqual({ gain: 0, offset: 2 });
    expect(fitLine([1, 2], [3, 6], false)).toEqual({ gain: 3, offset: 0 });
    expect(fitLine([0, 0], [1, 3], false)).toEqual({ gain: 0, offset: 0 });
  });
});

describe("a polynomial", () => {
  test("finds a quadratic or a cubic again", () => {
    const xs = spread(60, -4, 7);
    for (const wanted of [
      [1, -2, 0.5],
      [0.25, 1, -0.5, 0.125],
    ]) {
      const ys = xs.map((x) => wanted.reduce((sum, c, power) => sum + c * x ** power, 0));
      const found = fitPolynomial(xs, ys);
      expect(found).toHaveLength(wanted.length);
      found.forEach((c, power) => expect(c).toBeCloseTo(wanted[power], 5));
    }
  });

  test("is a quadratic for ReLU, and a cubic for a saturated tanh", () => {
    const xs = spread(201, -6, 6);
    expect(
      fitPolynomial(
        xs,
        xs.map((x) => Math.max(0, x)),
      ),
    ).toHaveLength(3);
    expect(fitPolynomial(xs, xs.map(Math.tanh))).toHaveLength(4);
  });

  test("of one value, or none but zero, is finite", () => {
    for (const value of [0, 5]) {
      const found = fitPolynomial(new Float64Array(4).fill(value), new Float64Array(4).fill(2));
      expect(found.reduce((sum, c, power) => sum + c * value ** power, 0)).toBeCloseTo(2, 6);
    }
  });
});
