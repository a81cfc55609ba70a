import { record, type Circuit, type Handle } from "../circuit.js";
import type { Exercise } from "../exercise.js";
import type { Machine } from "../machine.js";
import { drawInputs, judgeLevels, type Inputs } from "./judge-levels.js";

const budget = { levels: 3 };

/** x⁸ by three squares, each rescaled. */
export const powerOfEight: Exercise<null, <C>(he: Machine<C>, x: C) => C, Inputs, Circuit | undefined> = {
  id: "power-of-eight",
  lesson: "04",
  title: "x⁸ in three levels, with an error below 1e-6",
  points: 2,
  answer: "powerOfEight",
  hints: [
    "x·x·x·x·x·x·x·x takes seven products, one after the other. Which two equal factors does x⁸ have?",
    "x⁸ = (x⁴)², x⁴ = (x²)²: three squares. Each is a product, a relinearization and a rescale.",
    "Let square = (a) => he.rescale(he.relinearize(he.multiply(a, a))), and return square(square(square(x))).",
  ],
  budget,
  par: { multiply: 3, levels: 3 },
  draw: (random) => ({ question: null, secret: drawInputs(random) }),
  ask: (power) => record(1, (he: Machine<Handle>, [x]) => power(he, x)),
  judge: (_, inputs, response) =>
    judgeLevels(response, {
      ...inputs,
      expected: inputs.values.map((x) => x ** 8),
      tolerance: 1e-6,
      budget,
      why: (got) => powerThatItIs(inputs.values, got),
    }),
};

function powerThatItIs(values: readonly number[], got: readonly number[]): string | undefined {
  for (let power = 1; power <= 64; power++) {
    if (values.every((x, slot) => Math.abs(x ** power - got[slot]) < 1e-4)) return `it is x^${power}`;
  }
  return undefined;
}
