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
    "a secret key like a public one",
    (recipe) => forecast({ ...recipe, encryptedWith: "public key" }),
    /: that is the noise under the public key; the secret key brings σ alone$/,
  ],
  [
    "no root for the public key",
    (recipe) => (forecast(recipe) * fresh(recipe)) / recipe.sigma,
    /under the public key, .*: 1 \+ 4n\/3 is by how much the square grows: its root is missing$/,
  ],
  [
    "a factor 2 a doubling, added up",
    (recipe) => fresh(recipe) * Math.sqrt(recipe.terms) * 2 * recipe.doublings,
    /: each doubling doubles: 2 \*\* doublings, not 2 \* doublings$/,
  ],
  [
    "two mistakes, told one by one",
    ({ sigma, terms, doublings }) => sigma * Math.sqrt(terms) * 2 * doublings,
    /then 0 doublings: forecast 0, measured \S+: each doubling doubles: 2 \*\* doublings, not 2 \* doublings$/,
  ],
  [
    "a sum more a doubling",
    (recipe) => fresh(recipe) * Math.sqrt(recipe.terms) * (1 + recipe.doublings),
    /: each doubling doubles what is there by then: 2 \*\* doublings$/,
  ],
  [
    "no doublings",
    (recipe) => fresh(recipe) * Math.sqrt(recipe.terms),
    /, then [1-9]\d* doublings: .*: the doublings are left out$/,
  ],
  ["no sum", (recipe) => fresh(recipe) * 2 ** recipe.doublings, /: the sum of \d+ is left out$/],
  [
    "a slot's noise",
    (recipe) => forecast(recipe) * Math.sqrt(recipe.n / 2),
    /: that is the noise in a slot, .*; a coefficient is asked, so there is no √\(n\/2\)$/,
  ],
  [
    "the variance",
    (recipe) => forecast(recipe) ** 2,
    /: that is the variance; the standard deviation is its root$/,
  ],
  [
    "σ alone",
    ({ sigma }) => sigma,
    /^\d+ ciphertexts under the secret key, σ = \d, then 0 doublings: .*: that is the noise of one fresh ciphertext/,
  ],
  ["nothing", () => 0, /forecast 0, measured \S+: a standard deviation is above 0$/],
  ["no number", () => "much", /^forecast: expected a list of 3 numbers, got 'much' at 0/],
])("%s: refused, and why", (_, answer, says) => expectRefused(forecastNoise, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(forecastNoise, forecast)).toMatchObject({ passed: false });
});
