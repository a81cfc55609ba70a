import type { Digits } from "./digits.js";

/** Where each coefficient of a Laurent polynomial lies: Σ cₑ·Xᵉ with low ≤ cₑ ≤ high, and none outside. Not changed once made. */
export interface CoefficientIntervals {
  /** Exponent of the first coefficient. */
  readonly lowest: number;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** The polynomial of these digits and no other. */
export function exactly({ lowest, coefficients }: Digits): CoefficientIntervals {
  const values = Float64Array.from(coefficients);
  return { lowest, low: values, high: values };
}

/** Any polynomial from one exponent up to another whose coefficients lie in one interval. */
export function anyBetween(lowest: number, highest: number, low: number, high: number): CoefficientIntervals {
  const length = Math.max(0, highest - lowest + 1);
  return {
    lowest,
    low: new Float64Array(length).fill(low),
    high: new Float64Array(length).fill(high),
  };
}

/** Sums of one of each. */
export function sum(a: CoefficientIntervals, b: CoefficientIntervals): CoefficientIntervals {
  return combine(a, b, (x, y) => x + y);
}

/** Differences of one of each. */
export function difference(a: CoefficientIntervals, b: CoefficientIntervals): CoefficientIntervals {
  const negated = { lowest: b.lowest, low: b.high.map((x) => -x), high: b.low.map((x) => -x) };
  return sum(a, negated);
}

/** What lies in either. */
export function hull(a: CoefficientIntervals, b: CoefficientIntervals): CoefficientIntervals {
  return combine(a, b, Math.min, Math.max);
}

/** Products of one of each. */
export function product(a: CoefficientIntervals, b: CoefficientIntervals): CoefficientIntervals {
  const made = zeros(a.lowest + b.lowest, a.low.length + b.low.length - 1);
  for (let i = 0; i < a.low.length; i++) {
    for (let j = 0; j < b.low.length; j++) addProduct(made, i + j, a, i, b, j, 1);
  }
  return made;
}

/** Squares of one: less than products of two, as a coefficient's square is never negative. */
export function square(a: CoefficientIntervals): CoefficientIntervals {
  const made = zeros(2 * a.lowest, 2 * a.low.length - 1);
  for (let i = 0; i < a.low.length; i++) {
    const [low, high] = [a.low[i], a.high[i]];
    made.high[2 * i] += Math.max(low * low, high * high);
    if (low > 0 || high < 0) made.low[2 * i] += Math.min(low * low, high * high);
    for (let j = i + 1; j < a.low.length; j++) addProduct(made, i + j, a, i, a, j, 2);
  }
  return made;
}

function addProduct(
  total: CoefficientIntervals,
  at: number,
  a: CoefficientIntervals,
  i: number,
  b: CoefficientIntervals,
  j: number,
  times: number,
): void {
  const [p, q, r, s] = [
    a.low[i] * b.low[j],
    a.low[i] * b.high[j],
    a.high[i] * b.low[j],
    a.high[i] * b.high[j],
  ];
  total.low[at] += times * Math.min(p, q, r, s);
  total.high[at] += times * Math.max(p, q, r, s);
}

/**
 * Σ wᵢ·xᵢ of polynomials that all lie in the same intervals, independently of each other: digits of one sign are added up
 * first.
 */
export function weightedSum(x: CoefficientIntervals, weights: readonly Digits[]): CoefficientIntervals {
  const some = weights.filter(({ coefficients }) => coefficients.length > 0);
  if (some.length === 0 || x.low.length === 0) return zeros(0, 0);
  const lowest = Math.min(...some.map((weight) => weight.lowest));
  const end = Math.max(...some.map((weight) => weight.lowest + weight.coefficients.length));
  const positive = new Float64Array(end - lowest);
  const negative = new Float64Array(end - lowest);
  for (const weight of some) {
    weight.coefficients.forEach((digit, i) => {
      (digit > 0 ? positive : negative)[weight.lowest - lowest + i] += digit;
    });
  }
  const made = zeros(lowest + x.lowest, positive.length + x.low.length - 1);
  for (let i = 0; i < positive.length; i++) {
    for (let j = 0; j < x.low.length; j++) {
      made.low[i + j] += positive[i] * x.low[j] + negative[i] * x.high[j];
      made.high[i + j] += positive[i] * x.high[j] + negative[i] * x.low[j];
    }
  }
  return made;
}

/** The largest magnitude that a coefficient can have. */
export function largestCoefficient({ low, high }: CoefficientIntervals): number {
  let largest = 0;
  for (let i = 0; i < low.length; i++) largest = Math.max(largest, -low[i], high[i]);
  return largest;
}

/** Exponents of the first and last coefficient that need not be zero. */
export function exponents({
  lowest,
  low,
  high,
}: CoefficientIntervals): readonly [first: number, last: number] {
  const used = Array.from(low, (value, i) => value !== 0 || high[i] !== 0);
  const first = used.indexOf(true);
  return first < 0 ? [0, 0] : [lowest + first, lowest + used.lastIndexOf(true)];
}

function zeros(lowest: number, length: number): CoefficientIntervals {
  const size = Math.max(0, length);
  return { lowest, low: new Float64Array(size), high: new Float64Array(size) };
}

function combine(
  a: CoefficientIntervals,
  b: CoefficientIntervals,
  ofLows: (x: number, y: number) => number,
  ofHighs = ofLows,
): CoefficientIntervals {
  // Zero alone has no exponents of its own.
  if (a.low.length === 0) a = { ...a, lowest: b.lowest };
  if (b.low.length === 0) b = { ...b, lowest: a.lowest };
  const lowest = Math.min(a.lowest, b.lowest);
  const end = Math.max(a.lowest + a.low.length, b.lowest + b.low.length);
  const made = zeros(lowest, end - lowest);
  const at = (values: Float64Array, from: number, exponent: number) => values[exponent - from] ?? 0;
  for (let i = 0; i < made.low.length; i++) {
    made.low[i] = ofLows(at(a.low, a.lowest, lowest + i), at(b.low, b.lowest, lowest + i));
    made.high[i] = ofHighs(at(a.high, a.lowest, lowest + i), at(b.high, b.lowest, lowest + i));
  }
  return made;
}
