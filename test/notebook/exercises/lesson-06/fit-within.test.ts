import { expect, test } from "@jest/globals";
import { fitWithin } from "../../../../src/notebook/exercises/lesson-06/fit-within.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Activation = (x: number) => number;
interface Fitted {
  coefficients: number[];
  levels: number;
}
type Answer = (f: Activation, reach: number, bound: number) => Fitted;

const chebyshev = (degree: number, reach: number) =>
  Array.from({ length: degree + 1 }, (_, k) => reach * Math.cos((Math.PI * (k + 0.5)) / (degree + 1)));
const even = (degree: number, reach: number) =>
  Array.from({ length: degree + 1 }, (_, k) => reach * ((2 * k) / degree - 1));

/** By Newton's divided differences. */
function interpolate(points: number[], values: number[]): number[] {
  const differences = [...values];
  for (let order = 1; order < points.length; order++) {
    for (let k = points.length - 1; k >= order; k--) {
      differences[k] = (differences[k] - differences[k - 1]) / (points[k] - points[k - order]);
    }
  }
  return differences.reduceRight<number[]>((product, difference, k) => {
    const shifted = [0, ...product];
    product.forEach((coefficient, power) => (shifted[power] -= coefficient * points[k]));
    shifted[0] += difference;
    return shifted;
  }, []);
}

const errorOf = (f: Activation, coefficients: number[], reach: number) =>
  Math.max(
    ...Array.from({ length: 501 }, (_, i) => {
      const x = reach * (i / 250 - 1);
      return Math.abs(coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0) - f(x));
    }),
  );

const by =
  (pointsOf: typeof chebyshev, degrees: number[], more = 0): Answer =>
  (f, reach, bound) => {
    const all = degrees.map((degree) => {
      const points = pointsOf(degree, reach);
      return interpolate(points, points.map(f));
    });
    const at = all.findIndex((coefficients) => errorOf(f, coefficients, reach) <= bound);
    const coefficients = all[at < 0 ? degrees.length - 1 : Math.min(at + more, degrees.length - 1)];
    return { coefficients, levels: Math.ceil(Math.log2(coefficients.length)) };
  };
const solution = by(chebyshev, [1, 3, 7, 15]);
const evenlySpaced: Answer = (f, reach, bound) => {
  const { coefficients, levels } = solution(f, reach, bound);
  const points = even(coefficients.length - 1, reach);
  return { coefficients: interpolate(points, points.map(f)), levels };
};
const changed =
  (change: (fitted: Fitted, reach: number) => unknown) => (f: Activation, reach: number, bound: number) =>
    change(solution(f, reach, bound), reach);

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(fitWithin, solution, seed)).toMatchObject({ passed: true });
  }
  await expectUntouchedRefused(fitWithin);
});

test("a lower degree within the same levels passes, too", async () => {
  const everyDegree = by(
    chebyshev,
    Array.from({ length: 14 }, (_, i) => i + 2),
  );
  for (let seed = 0; seed < 10; seed++) {
    expect(await attempt(fitWithin, everyDegree, seed)).toMatchObject({ passed: true });
  }
});

test.each<[string, (f: Activation, reach: number, bound: number) => unknown, RegExp]>([
  [
    "right, but too many levels",
    by(chebyshev, [1, 3, 7, 15, 31], 1),
    /^\S+ on ±\d+, bound \S+: within the bound, but too many levels: degree 7 takes 3, and 2 do$/,
  ],
  [
    "good near 0 only",
    (f) => {
      const points = chebyshev(3, 0.2);
      return { coefficients: interpolate(points, points.map(f)), levels: 2 };
    },
    /: at x = \S+ it is off by \S+(: it is good between ±\d.*, and bad towards the ends)?$/,
  ],
  [
    "points that are evenly spaced",
    evenlySpaced,
    /: it is good between ±\d\S*, where it is off by \S+ at most, and bad towards the ends$/,
  ],
  [
    "highest power first",
    changed(({ coefficients, levels }) => ({ coefficients: [...coefficients].reverse(), levels })),
    /: coefficients\[0\] is that of 1, and the highest power's comes last$/,
  ],
  [
    "a polynomial in x / reach",
    changed(({ coefficients, levels }, reach) => ({
      coefficients: coefficients.map((coefficient, power) => coefficient * reach ** power),
      levels,
    })),
    /: it is a polynomial in x \/ reach, and is to be one in x$/,
  ],
  [
    "a level for each degree",
    changed(({ coefficients }) => ({ coefficients, levels: coefficients.length - 1 })),
    /: within the bound, but degree 3 takes 2 levels, not 3; products in pairs are not as deep as Horner's rule$/,
  ],
  [
    "a level too few",
    changed(({ coefficients, levels }) => ({ coefficients, levels: levels - 1 })),
    /: within the bound, but degree 3 takes 2 levels, not 1; count ⌈log2\(degree \+ 1\)⌉$/,
  ],
  ["coefficients alone", () => [0, 1], /^fitWithin: expected \{ coefficients, levels \}, got \[ 0, 1 \]/],
  [
    "not finite",
    () => ({ coefficients: [Number.NaN, 1], levels: 1 }),
    /^fitWithin coefficients: expected a list of 2 numbers, got null at 0|expected finite numbers/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(fitWithin, answer, says));

test("no wrong fit passes by chance", async () => {
  const wrongs: Answer[] = [
    by(even, [3, 7, 15]),
    by(chebyshev, [1, 3, 7]),
    by(chebyshev, [1, 3, 7, 15, 31], 1),
  ];
  for (let seed = 0; seed < 10; seed++) {
    for (const answer of wrongs) {
      expect(await attempt(fitWithin, answer, seed)).toMatchObject({ passed: false });
    }
  }
});

test("what the last run accepted does not pass, nor does one polynomial for all", async () => {
  expect(await replayAttempt(fitWithin, solution)).toMatchObject({ passed: false });
  expect(await attempt(fitWithin, () => solution(Math.tanh, 4, 0.01))).toMatchObject({ passed: false });
});
