import { expect, test } from "@jest/globals";
import { predictedNoiseEncrypt } from "../../../../src/he-ml/toy-ckks/index.js";
import { forecastNoise, type Recipe } from "../../../../src/notebook/exercises/lesson-02/forecast-noise.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

const fresh = ({ n, sigma, encryptedWith }: Recipe) =>
  encryptedWith === "secret key" ? sigma : predictedNoiseEncrypt({ sigma, polyModulusDegree: n });
const forecast = (recipe: Recipe) => fresh(recipe) * Math.sqrt(recipe.terms) * 2 ** recipe.doublings;

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 5; seed++) {
    expect(await attempt(forecastNoise, forecast, seed)).toMatchObject({
      passed: true,
      says: expect.stringMatching(/^3 forecasts within a factor of 1\.\d\d$/),
    });
  }
  await expectUntouchedRefused(forecastNoise);
});

test.each<[string, (recipe: Recipe) => unknown, RegExp]>([
  [
    "sizes added up",
    (recipe) => fresh(recipe) * recipe.terms * 2 ** recipe.doublings,
    /their sizes do not add up$/,
  ],
  [
    "doublings as sums of different ones",
    (recipe) => fresh(recipe) * Math.sqrt(recipe.terms * 2 ** recipe.doublings),
    /x \+ x has the same noise twice/,
  ],
  [
    "a public key like a secret one",
    ({ sigma, terms, doublings }) => sigma * Math.sqrt(terms) * 2 ** doublings,
    /under the public key, .*: that is the noise under the secret key/,
  ],
  [
    "σ alone",
    ({ sigma }) => sigma,
    /^\d+ ciphertexts under the secret key, σ = \d, then 0 doublings: forecast/,
  ],
  ["nothing", () => 0, /forecast 0, measured \d/],
  ["no number", () => "much", /^forecast: expected a list of 3 numbers, got 'much' at 0/],
])("%s: refused, and why", (_, answer, says) => expectRefused(forecastNoise, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(forecastNoise, forecast)).toMatchObject({ passed: false });
});
