import {
  addPolynomials,
  createSecretKey,
  decode,
  decrypt,
  encode,
  encryptSymmetric,
  product,
  reducePolynomial,
  scalePolynomial,
  toyParameters,
  type Ciphertext,
  type Polynomial,
  type ToyParameters,
} from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random } from "../exercise.js";
import { likelyMistake, type Mistake } from "../mistakes.js";
import { integer } from "../random.js";
import { numbers } from "../responses.js";

/** A weighted sum of fresh encryptions. */
export interface WeightedSum {
  /** N. */
  readonly polyModulusDegree: number;
  /** Δ. */
  readonly scale: number;
  /** Whole numbers, one for each encrypted input. */
  readonly weights: readonly number[];
}

/** Standard deviation of a coefficient of the noise in a fresh encryption, as in SEAL. */
const sigma = 3.2;
const within = 2;
/** So many slots are measured that chance decides nothing. */
const leastSlots = 256;

/** How large will the error of a weighted sum be? */
export const forecastError: Exercise<
  readonly WeightedSum[],
  (sum: WeightedSum & { weights: number[] }) => number,
  readonly number[],
  readonly number[]
> = {
  id: "forecast-error",
  lesson: "00",
  title: "forecast an error within a factor of 2",
  points: 2,
  answer: "forecast",
  hints: [
    "What is the typical error of one fresh encryption, given N and Δ? Then ask what happens to it in a weighted sum.",
    "One encryption is off by √(N/2)·σ/Δ, σ = 3.2. Times a weight w it is off by |w| times as much; errors that know nothing of each other add up as √(a² + b² + …).",
    "Return 3.2 * Math.sqrt(polyModulusDegree / 2) / scale * Math.hypot(...weights).",
  ],
  draw(random) {
    const question = sums(random);
    return { question, secret: question.map((sum) => measuredError(sum, random)) };
  },
  ask: (forecast, question) => question.map((sum) => forecast({ ...sum, weights: [...sum.weights] })),
  judge(question, measured, response) {
    const forecasts = numbers("forecast", response, question.length);
    const at = forecasts.findIndex((forecast, i) => !isWithin(forecast / measured[i]));
    if (at < 0) {
      return right(`${question.length} errors, each within a factor of ${within} of what was then measured`);
    }
    const says = `${named(question[at])}: forecast ${forecasts[at].toExponential(1)}, measured ${measured[at].toExponential(1)}`;
    const mistake = likelyMistake(mistakes, question, forecasts, at);
    if (mistake) return wrong(`${says}: ${mistake.says(question[at])}`, 2);
    return wrong(forecasts[at] < 0 ? `${says}: an error cannot be negative` : says, 1);
  },
};

const isWithin = (ratio: number) => ratio > 1 / within && ratio < within;

/** So many weights are shown. */
const weightsShown = 8;

function named({ polyModulusDegree, scale, weights }: WeightedSum): string {
  const count = weights.length === 1 ? "one weight" : `${weights.length} weights`;
  const list = [...weights.slice(0, weightsShown), ...(weights.length > weightsShown ? ["…"] : [])];
  return `N = ${polyModulusDegree}, Δ = 2^${Math.log2(scale)}, ${count} (${list.join(", ")})`;
}

/** Of one fresh encryption, in a slot. */
const errorOfOne = ({ polyModulusDegree, scale }: WeightedSum) =>
  (sigma * Math.sqrt(polyModulusDegree / 2)) / scale;
const forecastOf = (sum: WeightedSum) => errorOfOne(sum) * Math.hypot(...sum.weights);
const total = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

/** The lesson measures at this N. */
const degreeOfLesson = 8192;

const mistakes: readonly Mistake<WeightedSum>[] = [
  {
    gives: (sum) => forecastOf(sum) * sum.scale,
    says: () => "it is not yet divided by the scale",
  },
  {
    gives: errorOfOne,
    says: () => "that is the error of one encryption; this sum has more",
  },
  {
    gives: (sum) => errorOfOne(sum) * total(sum.weights.map(Math.abs)),
    says: () => "errors were added as if all had the same sign; they cancel in part",
  },
  {
    gives: (sum) => errorOfOne(sum) * total(sum.weights.map((weight) => weight ** 2)),
    says: () => "is the root missing? It is √(w₁² + w₂² + …)",
  },
  {
    gives: (sum) => errorOfOne(sum) * total(sum.weights),
    says: () => "the weights were added with their signs, but an error cannot be negative; take w²",
  },
  {
    gives: (sum) => errorOfOne(sum) * Math.abs(total(sum.weights)),
    says: () => "weights of two signs were set off against each other, but errors know no signs; take w²",
  },
  {
    gives: (sum) => errorOfOne(sum) * Math.sqrt(sum.weights.length),
    says: () => "the weights' sizes are not in it, only how many there are",
  },
  {
    gives: (sum) => errorOfOne(sum) * sum.weights.length,
    says: () => "the weights' sizes are not in it, only how many there are",
  },
  {
    gives: (sum) => forecastOf(sum) / Math.sqrt(sum.polyModulusDegree / 2),
    says: () => "that is one coefficient's noise; a slot adds up all N",
  },
  {
    gives: (sum) => forecastOf(sum) * Math.sqrt(sum.polyModulusDegree / 2),
    says: () => "N/2 stands there without its root",
  },
  {
    gives: (sum) => forecastOf(sum) / sigma,
    says: () => `smaller by ${sigma}: where is σ?`,
  },
  {
    gives: (sum) => forecastOf({ ...sum, polyModulusDegree: degreeOfLesson }),
    says: ({ polyModulusDegree }) =>
      `${Math.round(errorOfOne({ polyModulusDegree: degreeOfLesson, scale: 1, weights: [] }))} is for N = ${degreeOfLesson}; ` +
      `here N = ${polyModulusDegree}`,
  },
];

/** What comes out at last: the root of the mean square of the slots' errors. */
function measuredError({ polyModulusDegree, scale, weights }: WeightedSum, random: Random): number {
  const parameters = toyParameters({ polyModulusDegree, coeffModulusBits: [30, 30, 30], scale, sigma });
  const rounds = Math.ceil(leastSlots / parameters.slots);
  const squares = Array.from({ length: rounds }, () => slotErrors(parameters, weights, random))
    .flat()
    .map((error) => error ** 2);
  return Math.sqrt(squares.reduce((total, square) => total + square, 0) / squares.length);
}

function slotErrors(parameters: ToyParameters, weights: readonly number[], random: Random): number[] {
  const secretKey = createSecretKey(parameters, random);
  const inputs = weights.map(() => Array.from({ length: parameters.slots }, () => 2 * random() - 1));
  const encrypted = inputs.map((values) =>
    encryptSymmetric(encode(values, parameters), secretKey, parameters, random),
  );
  const decrypted = decode(decrypt(weightedSum(encrypted, weights), secretKey));
  return decrypted.map(({ re }, slot) =>
    weights.reduce((rest, weight, i) => rest - weight * inputs[i][slot], re),
  );
}

function weightedSum(encrypted: readonly Ciphertext[], weights: readonly number[]): Ciphertext {
  const q = product(encrypted[0].coeffModulus);
  const sum = (place: 0 | 1): Polynomial =>
    reducePolynomial(
      encrypted
        .map(({ polynomials }, i) => scalePolynomial(polynomials[place], BigInt(weights[i])))
        .reduce(addPolynomials),
      q,
    );
  return { ...encrypted[0], polynomials: [sum(0), sum(1)] };
}

/** One encryption, many of small weights, and a few of large ones: no wrong rule is right for all of them. */
const sums = (random: Random): WeightedSum[] => [
  { polyModulusDegree: 64, scale: 2 ** integer(random, 10, 14), weights: [1] },
  { polyModulusDegree: 32, scale: 2 ** integer(random, 15, 19), weights: smallWeights(random) },
  {
    polyModulusDegree: 128,
    scale: 2 ** integer(random, 20, 24),
    weights: Array.from({ length: 6 }, () => integer(random, 8, 40)),
  },
];

/** From 2 to 5 in size, of both signs, whose sum is below 0 and far smaller than the root of their squares. */
function smallWeights(random: Random): number[] {
  for (;;) {
    const weights = Array.from(
      { length: integer(random, 25, 36) },
      () => (random() < 0.5 ? -1 : 1) * integer(random, 2, 5),
    );
    const sum = total(weights);
    if (sum < 0 && -sum < Math.hypot(...weights) / 3) return weights;
  }
}
