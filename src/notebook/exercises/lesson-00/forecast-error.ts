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
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
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
  (sum: WeightedSum) => number,
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
    for (const [i, sum] of question.entries()) {
      const verdict = judgeForecast(sum, measured[i], forecasts[i]);
      if (verdict) return verdict;
    }
    return right(`${question.length} errors, each within a factor of ${within} of what was then measured`);
  },
};

/** What is wrong with a forecast, if anything is. */
function judgeForecast(sum: WeightedSum, measured: number, forecast: number): Verdict | undefined {
  const ratio = forecast / measured;
  if (ratio > 1 / within && ratio < within) return undefined;
  const { polyModulusDegree: n, scale, weights } = sum;
  const says =
    `N = ${n}, Δ = 2^${Math.log2(scale)}, ${weights.length} weights: forecast ${forecast.toExponential(1)}, ` +
    `measured ${measured.toExponential(1)}`;
  const is = (other: number) => Math.abs(forecast / other - 1) < 0.5;
  const one = (sigma * Math.sqrt(n / 2)) / scale;
  const root = Math.hypot(...weights);
  const whole = weights.reduce((total, weight) => total + Math.abs(weight), 0);
  if (is(one * scale * root)) return wrong(`${says}: it is not yet divided by the scale`, 1);
  if (is(one)) return wrong(`${says}: that is the error of one encryption; this sum has more`, 2);
  if (is(one * whole)) {
    return wrong(`${says}: errors were added as if all had the same sign; they cancel in part`, 2);
  }
  if (is((sigma * root) / scale)) {
    return wrong(`${says}: that is one coefficient's noise; a slot adds up all N`, 2);
  }
  return wrong(says, 1);
}

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

/** One encryption, many of weight ±1, and a few of large weights: no wrong rule is right for all of them. */
const sums = (random: Random): WeightedSum[] => [
  { polyModulusDegree: 64, scale: 2 ** integer(random, 10, 14), weights: [1] },
  {
    polyModulusDegree: 32,
    scale: 2 ** integer(random, 15, 19),
    weights: Array.from({ length: integer(random, 25, 36) }, () => (random() < 0.5 ? -1 : 1)),
  },
  {
    polyModulusDegree: 128,
    scale: 2 ** integer(random, 20, 24),
    weights: Array.from({ length: 6 }, () => integer(random, 8, 40)),
  },
];
