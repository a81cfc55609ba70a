import { expect, test } from "@jest/globals";
import {
  gaussianPolynomial,
  seededRandom,
  standardDeviation,
  ternaryPolynomial,
  uniformPolynomial,
  type Polynomial,
} from "../../../src/he-ml/toy-ckks/index.js";

// Each bound is eight deviations of what it bounds, or more.
const n = 20_000;
const mean = (polynomial: Polynomial) => polynomial.reduce((sum, c) => sum + Number(c), 0) / n;

function counts(polynomial: Polynomial): Map<bigint, number> {
  const found = new Map<bigint, number>();
  for (const coefficient of polynomial) found.set(coefficient, (found.get(coefficient) ?? 0) + 1);
  return found;
}

function expectEven(polynomial: Polynomial, values: number): void {
  const found = counts(polynomial);
  expect(found.size).toBe(values);
  const expected = n / values;
  for (const count of found.values())
    expect(Math.abs(count - expected)).toBeLessThan(8 * Math.sqrt(expected));
}

test("a seed decides all numbers, beyond the first block of the stream", () => {
  const numbers = (seed: number | string) => {
    const random = seededRandom(seed);
    return Array.from({ length: 1000 }, random);
  };
  const ones = numbers(1);
  expect(numbers("1")).toEqual(ones);
  expect(numbers(2)).not.toEqual(ones);
  expect(new Set(ones).size).toBeGreaterThan(990);
  expect(ones.filter((number) => !(number >= 0 && number < 1))).toEqual([]);
});

test("keys have as many −1 as 0 and 1", () => {
  const key = ternaryPolynomial(n, seededRandom(1));
  expectEven(key, 3);
  expect([...counts(key).keys()].sort().join()).toBe("-1,0,1");
});

test("uniform coefficients take all values around 0 alike, of small moduli and of large ones", () => {
  expectEven(uniformPolynomial(n, 97n, seededRandom(2)), 97);
  const q = 2n ** 70n - 35n;
  const large = uniformPolynomial(n, q, seededRandom(3));
  expect(large.filter((c) => 2n * c <= -q || 2n * c > q)).toEqual([]);
  const deviation = Number(q) / Math.sqrt(12);
  expect(Math.abs(standardDeviation([large]) / deviation - 1)).toBeLessThan(0.03);
  expect(Math.abs(mean(large)) / deviation).toBeLessThan(8 / Math.sqrt(n));
});

test.each([1, 3.2, 40])("noise of deviation %d has that, and the mean 0", (sigma) => {
  const noise = gaussianPolynomial(n, sigma, seededRandom(4));
  const rounded = Math.hypot(sigma, Math.sqrt(1 / 12));
  expect(Math.abs(standardDeviation([noise]) / rounded - 1)).toBeLessThan(0.04);
  expect(Math.abs(mean(noise)) / rounded).toBeLessThan(8 / Math.sqrt(n));
  // A normal distribution has 68.3 % within one deviation, 95.4 % within two.
  const within = noise.filter((c) => Math.abs(Number(c)) < 2 * sigma).length / n;
  if (sigma === 40) expect(Math.abs(within - 0.9545)).toBeLessThan(0.02);
});
