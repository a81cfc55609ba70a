import * as z from "zod";
import { InputError } from "../../../he-ml/errors.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { numbers, responses, shown } from "../responses.js";
import { levelsOfDegree } from "./levels.js";

export interface Fit {
  readonly activation: keyof typeof activations;
  /** The activation is taken of so many times x. */
  readonly stretch: number;
  /** x lies between −reach and reach. */
  readonly reach: number;
  /** No error may be larger. */
  readonly bound: number;
}

type Activation = (x: number) => number;

const activations = {
  tanh: Math.tanh,
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
} as const;

const activationOf =
  ({ activation, stretch }: Fit): Activation =>
  (x) =>
    activations[activation](stretch * x);

const answerSchema = z.object({ coefficients: z.array(z.unknown()).min(1).max(256), levels: z.number() });

/** Fit a polynomial to an activation within a bound, in as few levels as that takes. */
export const fitWithin: Exercise<
  readonly Fit[],
  (f: Activation, reach: number, bound: number) => { coefficients: number[]; levels: number },
  null,
  readonly unknown[]
> = {
  id: "fit-within",
  lesson: "06",
  title: "a polynomial within a bound, in as few levels as that takes",
  points: 2,
  answer: "fitWithin",
  hints: [
    "Try degrees, from small to large, until largestError is within the bound. Where must the points lie so that no error between them is large?",
    "At reach * Math.cos((Math.PI * (k + 0.5)) / (degree + 1)) for k = 0 … degree, the Chebyshev points of ±reach. And d levels carry every degree up to 2 ** d − 1: which degrees are worth a try?",
    "For levels = 1, 2, 3, … let degree = 2 ** levels - 1, points = chebyshevPoints(degree, reach) and coefficients = interpolate(points, points.map(f)); " +
      "return { coefficients, levels } for the first that keeps largestError(f, coefficients, reach) <= bound.",
  ],
  draw: (random) => ({ question: drawFits(random), secret: null }),
  ask: (answer, fits) => fits.map((fit) => answer(activationOf(fit), fit.reach, fit.bound)),
  judge(fits, _, response) {
    const answers = responses("fitWithin", response, fits.length);
    for (const [i, fit] of fits.entries()) {
      const { activation, stretch, reach, bound } = fit;
      const verdict = judgeFit(fit, answers[i]);
      const of = `${activation}(${stretch.toPrecision(3)}·x) on ±${reach}, bound ${bound.toPrecision(2)}`;
      if (verdict) return { ...verdict, says: `${of}: ${verdict.says}` };
    }
    return right(`${fits.length} activations within their bounds, in as few levels as that takes`);
  },
};

function judgeFit(fit: Fit, answer: unknown): Verdict | undefined {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) {
    throw new InputError(
      `fitWithin: expected { coefficients, levels }, got ${shown(answer)}; return a list and a number`,
    );
  }
  const { levels } = parsed.data;
  const coefficients = numbers(
    "fitWithin coefficients",
    parsed.data.coefficients,
    parsed.data.coefficients.length,
  );
  const { error, at } = worst(fit, coefficients);
  if (error > fit.bound) {
    const says = `at x = ${at.toPrecision(3)} it is off by ${error.toPrecision(2)}`;
    const why = mistake(fit, coefficients);
    return wrong(why === undefined ? says : `${says}: ${why}`, why === undefined ? 1 : 2);
  }
  const degree = Math.max(
    coefficients.findLastIndex((coefficient) => coefficient !== 0),
    1,
  );
  const needed = levelsOfDegree(degree);
  const least = leastLevels(fit);
  if (needed > least) {
    return wrong(
      `within the bound, but too many levels: degree ${degree} takes ${needed}, and ${least} do`,
      2,
    );
  }
  if (levels === needed) return undefined;
  const why =
    levels === degree ? "; products in pairs are not as deep as Horner's rule" : "; count ⌈log2(degree + 1)⌉";
  return wrong(`within the bound, but degree ${degree} takes ${needed} levels, not ${levels}${why}`, 2);
}

const valueOf = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);

const gridSteps = 1000;

/** Where on ±part·reach a polynomial is farthest off, and by how much. */
function worst(fit: Fit, coefficients: readonly number[], part = 1): { error: number; at: number } {
  const f = activationOf(fit);
  let largest = { error: -1, at: 0 };
  for (let step = 0; step <= gridSteps; step++) {
    const at = part * fit.reach * ((2 * step) / gridSteps - 1);
    const error = Math.abs(valueOf(coefficients, at) - f(at));
    // What is no number is no small error.
    if (!(error <= largest.error)) largest = { error, at };
  }
  return largest;
}

function mistake(fit: Fit, coefficients: readonly number[]): string | undefined {
  const { reach, bound } = fit;
  const fits = (others: readonly number[]) => worst(fit, others).error <= bound;
  if (fits([...coefficients].reverse()))
    return "coefficients[0] is that of 1, and the highest power's comes last";
  if (fits(coefficients.map((coefficient, power) => coefficient / reach ** power))) {
    return "it is a polynomial in x / reach, and is to be one in x";
  }
  const half = worst(fit, coefficients, 0.5).error;
  if (half <= bound) {
    return `it is good between ±${reach / 2}, where it is off by ${half.toPrecision(2)} at most, and bad towards the ends`;
  }
  return undefined;
}

/** A bound leaves so much more than the error of Chebyshev points, so that other good fits do, too. */
const allowance = 2;
const mostLevels = 4;

/** The error at the Chebyshev points of a degree. */
function chebyshevError(fit: Omit<Fit, "bound">, degree: number): number {
  const f = activationOf({ ...fit, bound: 0 });
  const count = degree + 1;
  const angles = Array.from({ length: count }, (_, k) => (Math.PI * (k + 0.5)) / count);
  const series = angles.map(
    (_, j) =>
      ((j === 0 ? 1 : 2) / count) *
      angles.reduce((sum, angle) => sum + f(fit.reach * Math.cos(angle)) * Math.cos(j * angle), 0),
  );
  let largest = 0;
  for (let step = 0; step <= gridSteps; step++) {
    const angle = (Math.PI * step) / gridSteps;
    const value = series.reduce((sum, coefficient, j) => sum + coefficient * Math.cos(j * angle), 0);
    largest = Math.max(largest, Math.abs(value - f(fit.reach * Math.cos(angle))));
  }
  return largest;
}

function leastLevels(fit: Fit): number {
  for (let levels = 1; levels < mostLevels; levels++) {
    if (chebyshevError(fit, 2 ** levels - 1) <= fit.bound) return levels;
  }
  return mostLevels;
}

/** How steep an activation is on its range decides the levels: 2, 3 and 4, each far from the next. */
const steepness = [
  [0.8, 1.2],
  [1.6, 2.4],
  [3, 4.5],
] as const;

function drawFits(random: Random): Fit[] {
  return steepness.map(([least, most], i) => {
    const steep = least + (most - least) * random();
    const reach = integer(random, 2 + 4 * i, 4 + 4 * i);
    const activation = random() < 0.5 ? "tanh" : "sigmoid";
    // sigmoid(x) = (1 + tanh(x / 2)) / 2
    const stretch = (steep / reach) * (activation === "tanh" ? 1 : 2);
    const fit = { activation, stretch, reach } as const;
    return { ...fit, bound: allowance * chebyshevError(fit, 2 ** (i + 2) - 1) };
  });
}
