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
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
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
    for (const [i, recipe] of recipes.entries()) {
      const verdict = judgeForecast(recipe, noises[i], forecasts[i]);
      if (verdict) return verdict;
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

function judgeForecast(recipe: Recipe, noise: number, forecast: number): Verdict | undefined {
  if (apart(noise, forecast) < tolerance) return undefined;
  const { sigma, encryptedWith, terms, doublings } = recipe;
  const says =
    `${terms} ciphertexts under the ${encryptedWith}, σ = ${sigma}, then ${doublings} doublings: ` +
    `forecast ${Number(forecast.toPrecision(4))}, measured ${noise.toPrecision(4)}`;
  const ratio = forecast / noise;
  const isNear = (factor: number) => apart(ratio, factor) < 1.4;
  if (isNear(Math.sqrt(terms))) {
    return wrong(`${says}: noises of different ciphertexts partly cancel; their sizes do not add up`, 2);
  }
  if (doublings > 0 && isNear(2 ** (-doublings / 2))) {
    return wrong(`${says}: x + x has the same noise twice, and nothing cancels`, 2);
  }
  if (
    encryptedWith === "public key" &&
    isNear(sigma / predictedNoiseEncrypt({ sigma, polyModulusDegree: n }))
  ) {
    return wrong(`${says}: that is the noise under the secret key; a public key brings more`, 2);
  }
  return wrong(says, 1);
}

/** By what factor two sizes differ; NaN where one is not above 0. */
const apart = (a: number, b: number): number => (a > 0 && b > 0 ? Math.max(a / b, b / a) : NaN);
