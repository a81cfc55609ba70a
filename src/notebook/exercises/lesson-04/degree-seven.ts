import { record, type Circuit, type Handle } from "../circuit.js";
import type { Exercise, Random } from "../exercise.js";
import type { Machine } from "../machine.js";
import { integer } from "../random.js";
import { drawInputs, judgeLevels, type Inputs } from "./judge-levels.js";
import { chainFacts, type ChainFacts } from "./level-chains.js";

export interface Polynomial extends ChainFacts {
  /** Of 1, x, x², … x⁷. */
  readonly coefficients: readonly number[];
}

const budget = { levels: 3, multiply: 5 };

/** A polynomial of degree 7 by halves of degree 3, scales matched before sums. */
export const degreeSeven: Exercise<
  Polynomial,
  <C>(he: Machine<C>, x: C, coefficients: number[], chain: { scale: number; primes: number[] }) => C,
  Inputs,
  Circuit | undefined
> = {
  id: "degree-seven",
  lesson: "04",
  title: "a polynomial of degree 7 in three levels and five products",
  points: 3,
  answer: "degreeSeven",
  hints: [
    "Cut it in halves: p = low + x⁴·high, where low and high have degree 3. Cut these again: (a + b·x) + x²·(c + d·x). How many products of ciphertexts is that?",
    "x², x⁴, x²·(c + d·x) twice, x⁴·high: five. A rescale of x² or of b·x gives scale1 = scale ** 2 / primes[0]. For a + b·x to be added to x²·(c + d·x) " +
      "before that is rescaled, it needs scale1 ** 2: he.multiplyPlain(he.modSwitch(x), b, scale1 ** 2 / scale).",
    "Both halves then are rescaled to scale2 = scale1 ** 2 / primes[1], as x⁴ is. x⁴·high has scale2 ** 2, so lift low there by a product with 1: " +
      "he.multiplyPlain(low, 1, scale2). Add, and rescale once.",
  ],
  budget,
  par: { multiply: 5, levels: 3, rescale: 7 },
  draw: (random) => ({
    question: { coefficients: drawCoefficients(random), ...chainFacts },
    secret: drawInputs(random),
  }),
  ask: (answer, { coefficients, scale, primes }) =>
    record(1, (he: Machine<Handle>, [x]) => answer(he, x, [...coefficients], { scale, primes: [...primes] })),
  judge: ({ coefficients }, inputs, response) =>
    judgeLevels(response, {
      ...inputs,
      expected: valuesOf(coefficients, inputs.values),
      tolerance: 1e-5,
      budget,
      why: (got) => mistake(coefficients, inputs.values, got),
    }),
};

/** Between ½ and 2 in size, so that none is missed unseen. */
const drawCoefficients = (random: Random): number[] =>
  Array.from({ length: 8 }, () => (integer(random, 128, 512) / 256) * (random() < 0.5 ? -1 : 1));

const valuesOf = (coefficients: readonly number[], values: readonly number[]): number[] =>
  values.map((x) => coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0));

function mistake(
  coefficients: readonly number[],
  values: readonly number[],
  got: readonly number[],
): string | undefined {
  const isOf = (others: readonly number[]) =>
    valuesOf(others, values).every((value, slot) => Math.abs(value - got[slot]) < 1e-4);
  if (isOf([...coefficients].reverse())) return "coefficients[0] is that of 1, not that of x⁷";
  const missing = coefficients.findIndex((_, i) => isOf(coefficients.map((one, j) => (i === j ? 0 : one))));
  return missing < 0 ? undefined : `the term with coefficients[${missing}] is missing`;
}
