import { InputError } from "../he-ml/errors.js";
import type { Repeated } from "./research-figure.js";

/**
 * Mean, standard deviation and Student's 95 % confidence interval of values that were measured alike.
 *
 * @throws InputError if there is none, or one is no finite number
 * @example repeated([9, 10, 11]).confidence95 // [7.52, 12.48]
 */
export function repeated(values: readonly number[]): Repeated {
  const n = values.length;
  if (n === 0 || !values.every(Number.isFinite)) {
    throw new InputError(`repeated: expected finite numbers, one or more, got [${values.join(", ")}]`);
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardDeviation = n === 1 ? 0 : Math.sqrt(squares / (n - 1));
  const half = n === 1 ? 0 : (studentQuantile95(n - 1) * standardDeviation) / Math.sqrt(n);
  return { values: [...values], mean, standardDeviation, confidence95: [mean - half, mean + half] };
}

/**
 * What Student's t stays below in size with a probability of 95 %, found by bisection.
 *
 * @param degrees of freedom, a whole number from 1
 * @example studentQuantile95(4) // 2.776
 */
export function studentQuantile95(degrees: number): number {
  // For one degree of freedom, the most, it is 12.7.
  let [low, high] = [0, 16];
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2;
    if (withinProbability(middle, degrees) < 0.95) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The probability that Student's t lies between −t and t: Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964),
 * 26.7.3 for odd and 26.7.4 for even degrees of freedom, https://personal.math.ubc.ca/~cbm/aands/page_948.htm
 */
function withinProbability(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const isOdd = degrees % 2 === 1;
  // cos θ + (2/3) cos³ θ + (2·4)/(3·5) cos⁵ θ + … for odd ones, 1 + (1/2) cos² θ + (1·3)/(2·4) cos⁴ θ + … for even ones
  let [term, sum] = isOdd ? [Math.cos(angle), 0] : [1, 0];
  for (let k = isOdd ? 1 : 0; k <= degrees - 2; k += 2) {
    sum += term;
    term *= ((k + 1) / (k + 2)) * Math.cos(angle) ** 2;
  }
  return isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
