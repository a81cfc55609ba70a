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

test("what is measured is what theory says, to a few per cent: far from the bounds", async () => {
  const { question, secret } = await forecastError.draw(seededRandom(5));
  for (const [i, sum] of question.entries()) {
    expect(secret[i] / forecast(sum)).toBeGreaterThan(0.8);
    expect(secret[i] / forecast(sum)).toBeLessThan(1.25);
  }
});

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const squares = (values: readonly number[]) => sum(values.map((value) => value ** 2));

test.each<[string, (sum: WeightedSum) => unknown, RegExp]>([
  [
    "errors that do not cancel",
    (one) => ofOne(one) * sum(one.weights.map(Math.abs)),
    /^N = 32, Δ = 2\^1\d, \d\d weights \((-?[2-5], ){8}…\): forecast \S+, measured \S+: errors were added as if all had the same sign/,
  ],
  ["no root", (one) => ofOne(one) * squares(one.weights), /^N = 32, .*: is the root missing\? It is √/],
  [
    "weights with their signs",
    (one) => ofOne(one) * sum(one.weights),
    /forecast -.*: the weights were added with their signs, but an error cannot be negative; take w²$/,
  ],
  [
    "the size of what weights with their signs come to",
    (one) => ofOne(one) * Math.abs(sum(one.weights)),
    /: weights of two signs were set off against each other, but errors know no signs; take w²$/,
  ],
  [
    "how many weights",
    (one) => ofOne(one) * Math.sqrt(one.weights.length),
    /: the weights' sizes are not in it, only how many there are$/,
  ],
  [
    "how many weights, without a root",
    (one) => ofOne(one) * one.weights.length,
    /^N = 128, .* 6 weights \((\d+, ){5}\d+\): .*: the weights' sizes are not in it/,
  ],
  ["weights left out", ofOne, /: that is the error of one encryption; this sum has more$/],
  [
    "the noise of a coefficient",
    ({ scale, weights }) => (3.2 * Math.hypot(...weights)) / scale,
    /^N = 64, .*: that is one coefficient's noise; a slot adds up all N$/,
  ],
  [
    "N / 2 itself",
    ({ polyModulusDegree, scale }) => (3.2 * polyModulusDegree) / 2 / scale,
    /: N\/2 stands there without its root$/,
  ],
  ["no σ", (one) => forecast(one) / 3.2, /: smaller by 3\.2: where is σ\?$/],
  ["the lesson's N", ({ scale }) => 205 / scale, /^N = 64, .*: 205 is for N = 8192; here N = 64$/],
  [
    "no scale",
    (one) => forecast(one) * one.scale,
    /^N = 64, Δ = 2\^1\d, one weight \(1\): .*: it is not yet divided by the scale$/,
  ],
  ["always the same", () => 1e-7, /^N = \d+, Δ = 2\^\d+, one weight \(1\): forecast 1.0e-7, measured \S+$/],
  ["below 0", () => -1, /: an error cannot be negative$/],
  ["no number", () => NaN, /^forecast: expected finite numbers, got NaN at 0/],
])("%s: refused, and why", (_, answer, says) => expectRefused(forecastError, answer, says));

test.each([1, 2, 3, 4])("no wrong rule passes by chance (%d)", async (seed) => {
  const { question, secret } = await forecastError.draw(seededRandom(seed));
  const rules: ((sum: WeightedSum) => number)[] = [
    (one) => ofOne(one) * sum(one.weights.map(Math.abs)),
    (one) => ofOne(one) * squares(one.weights),
    (one) => ofOne(one) * Math.abs(sum(one.weights)),
    (one) => ofOne(one) * Math.sqrt(one.weights.length),
  ];
  for (const rule of rules) {
    const verdict = forecastError.judge(question, secret, question.map(rule));
    expect(verdict).toMatchObject({ passed: false, hint: 2 });
  }
});

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(forecastError, forecast)).toMatchObject({ passed: false });
});
