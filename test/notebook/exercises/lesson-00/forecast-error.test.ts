import { expect, test } from "@jest/globals";
import { seededRandom } from "../../../../src/he-ml/toy-ckks/index.js";
import {
  forecastError,
  type WeightedSum,
} from "../../../../src/notebook/exercises/lesson-00/forecast-error.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

const ofOne = ({ polyModulusDegree, scale }: WeightedSum) => (3.2 * Math.sqrt(polyModulusDegree / 2)) / scale;
const forecast = (sum: WeightedSum) => ofOne(sum) * Math.hypot(...sum.weights);

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 3; seed++) {
    expect(await attempt(forecastError, forecast, seed)).toEqual({
      passed: true,
      says: "3 errors, each within a factor of 2 of what was then measured",
    });
  }
  await expectUntouchedRefused(forecastError);
});

test("what is measured is what theory says, to a few per cent: far from the bounds", () => {
  const { question, secret } = forecastError.draw(seededRandom(5));
  for (const [i, sum] of question.entries()) {
    expect(secret[i] / forecast(sum)).toBeGreaterThan(0.8);
    expect(secret[i] / forecast(sum)).toBeLessThan(1.25);
  }
});

test.each<[string, (sum: WeightedSum) => unknown, RegExp]>([
  [
    "errors that do not cancel",
    (sum) => ofOne(sum) * sum.weights.reduce((total, weight) => total + Math.abs(weight), 0),
    /^N = 32, Δ = 2\^1\d, \d\d weights: forecast \S+, measured \S+: errors were added as if all had the same sign/,
  ],
  ["weights left out", ofOne, /: that is the error of one encryption; this sum has more$/],
  [
    "the noise of a coefficient",
    ({ scale, weights }) => (3.2 * Math.hypot(...weights)) / scale,
    /^N = 64, .*: that is one coefficient's noise; a slot adds up all N$/,
  ],
  [
    "no scale",
    (sum) => forecast(sum) * sum.scale,
    /^N = 64, Δ = 2\^1\d, 1 weights: .*: it is not yet divided by the scale$/,
  ],
  ["always the same", () => 1e-3, /^N = \d+, Δ = 2\^\d+, \d+ weights: forecast 1.0e-3, measured \S+$/],
  ["no number", () => NaN, /^forecast: expected finite numbers, got NaN at 0/],
])("%s: refused, and why", (_, answer, says) => expectRefused(forecastError, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(forecastError, forecast)).toMatchObject({ passed: false });
});
