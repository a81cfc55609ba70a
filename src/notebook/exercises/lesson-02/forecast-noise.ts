import {
  add,
  createPublicKey,
  createSecretKey,
  encrypt,
  encryptSymmetric,
  noiseOf,
  predictedNoiseEncrypt,
  standardDeviation,
  toyParameters,
  zeroPolynomial,
  type Ciphertext,
} from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random } from "../exercise.js";
import { likelyMistake, type Mistake } from "../mistakes.js";
import { integer } from "../random.js";
import { numbers } from "../responses.js";

const n = 128;
/** Over six deviations of what is measured on 128 coefficients. */
const tolerance = 1.5;

/** A computation with ciphertexts that have nothing to do with each other, and then with their sum. */
export interface Recipe {
  readonly n: number;
  readonly sigma: number;
  readonly encryptedWith: "secret key" | "public key";
  /** So many fresh ciphertexts are added up. */
  readonly terms: number;
  /** So many times the sum is added to itself: x + x. */
  readonly doublings: number;
}

/** Forecast the standard deviation of the noise in a coefficient. */
export const forecastNoise: Exercise<
  readonly Recipe[],
  (recipe: Recipe) => number,
  readonly number[],
  readonly number[]
> = {
  id: "forecast-noise",
  lesson: "02",
  title: "forecast the noise within a factor of 1.5",
  points: 2,
  answer: "forecast",
  hints: [
    "Three things happen one after the other: a fresh encryption, a sum, doublings. By what does each one multiply the noise?",
    "Independent noises add up as √(a² + b²), so `terms` of them make √terms; but x + x has the same noise twice. A public key brings σ·√(1 + 4n/3) instead of σ.",
    "fresh = sigma, or sigma * Math.sqrt(1 + 4 * n / 3) with a public key; return fresh * Math.sqrt(terms) * 2 ** doublings.",
  ],
  draw(random) {
    const recipes: Recipe[] = [
      { encryptedWith: "secret key", terms: integer(random, 12, 40), doublings: 0 },
      { encryptedWith: "secret key", terms: integer(random, 6, 11), doublings: integer(random, 6, 10) },
      { encryptedWith: "public key", terms: integer(random, 12, 40), doublings: integer(random, 2, 5) },
    ].map((recipe) => ({ n, sigma: integer(random, 2, 9), ...recipe }) as Recipe);
    return { question: recipes, secret: recipes.map((recipe) => measured(recipe, random)) };
  },
  ask: (forecast, recipes) => recipes.map((recipe) => forecast({ ...recipe })),
  judge(recipes, noises, response) {
    const forecasts = numbers("forecast", response, recipes.length);
    const at = forecasts.findIndex((forecast, i) => !(apart(noises[i], forecast) < tolerance));
    if (at >= 0) {
      const says = `${named(recipes[at])}: forecast ${Number(forecasts[at].toPrecision(4))}, measured ${noises[at].toPrecision(4)}`;
      const mistake = likelyMistake(mistakes, recipes, forecasts, at);
      if (mistake) return wrong(`${says}: ${mistake.says(recipes[at])}`, 2);
      return wrong(forecasts[at] > 0 ? says : `${says}: a standard deviation is above 0`, 1);
    }
    const factor = Math.max(...noises.map((noise, i) => apart(noise, forecasts[i])));
    return right(`${recipes.length} forecasts within a factor of ${factor.toFixed(2)}`);
  },
};

/** Does it, on zeros, and measures with the secret key. */
function measured({ sigma, encryptedWith, terms, doublings }: Recipe, random: Random): number {
  const parameters = toyParameters({ polyModulusDegree: n, coeffModulusBits: [30], scale: 1, sigma });
  const secretKey = createSecretKey(parameters, random);
  const publicKey = createPublicKey(parameters, secretKey, random);
  const zero = { polynomial: zeroPolynomial(n), scale: 1 };
  const fresh = (): Ciphertext =>
    encryptedWith === "secret key"
      ? encryptSymmetric(zero, secretKey, parameters, random)
      : encrypt(zero, publicKey, parameters, random);
  let sum = fresh();
  for (let term = 1; term < terms; term++) sum = add(sum, fresh());
  for (let doubling = 0; doubling < doublings; doubling++) sum = add(sum, sum);
  return standardDeviation([noiseOf(sum, secretKey, zero.polynomial)]);
}

const named = ({ sigma, encryptedWith, terms, doublings }: Recipe) =>
  `${terms} ciphertexts under the ${encryptedWith}, σ = ${sigma}, then ${doublings} doublings`;

/** Of one fresh ciphertext. */
const freshNoise = ({ sigma, encryptedWith }: Recipe): number =>
  encryptedWith === "secret key" ? sigma : predictedNoiseEncrypt({ sigma, polyModulusDegree: n });
const sumNoise = (recipe: Recipe) => freshNoise(recipe) * Math.sqrt(recipe.terms);
const forecastOf = (recipe: Recipe) => sumNoise(recipe) * 2 ** recipe.doublings;

const mistakes: readonly Mistake<Recipe>[] = [
  {
    gives: (recipe) => forecastOf(recipe) * Math.sqrt(recipe.terms),
    says: () => "noises of different ciphertexts partly cancel; their sizes do not add up",
  },
  {
    gives: (recipe) => sumNoise(recipe) * Math.sqrt(2 ** recipe.doublings),
    says: () => "x + x has the same noise twice, and nothing cancels",
  },
  {
    gives: (recipe) => sumNoise(recipe) * 2 * recipe.doublings,
    says: () => "each doubling doubles: 2 ** doublings, not 2 * doublings",
  },
  {
    gives: (recipe) => sumNoise(recipe) * (1 + recipe.doublings),
    says: () => "each doubling doubles what is there by then: 2 ** doublings",
  },
  {
    gives: (recipe) => forecastOf({ ...recipe, encryptedWith: "secret key" }),
    says: () => "that is the noise under the secret key; a public key brings more",
  },
  {
    gives: (recipe) => forecastOf({ ...recipe, encryptedWith: "public key" }),
    says: () => "that is the noise under the public key; the secret key brings σ alone",
  },
  {
    gives: (recipe) => (forecastOf(recipe) * freshNoise(recipe)) / recipe.sigma,
    says: () => "1 + 4n/3 is by how much the square grows: its root is missing",
  },
  {
    gives: freshNoise,
    says: () => "that is the noise of one fresh ciphertext, before the sum and the doublings",
  },
  {
    gives: sumNoise,
    says: () => "the doublings are left out",
  },
  {
    gives: (recipe) => freshNoise(recipe) * 2 ** recipe.doublings,
    says: ({ terms }) => `the sum of ${terms} is left out`,
  },
  {
    gives: (recipe) => forecastOf(recipe) * Math.sqrt(n / 2),
    says: () =>
      "that is the noise in a slot, before the scale; a coefficient is asked, so there is no √(n/2)",
  },
  {
    gives: (recipe) => forecastOf(recipe) ** 2,
    says: () => "that is the variance; the standard deviation is its root",
  },
];

/** By what factor two sizes differ; NaN where one is not above 0. */
const apart = (a: number, b: number): number => (a > 0 && b > 0 ? Math.max(a / b, b / a) : NaN);
