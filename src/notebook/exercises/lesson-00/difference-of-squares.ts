import type { Ciphertext } from "../../../he-ml/crypto/ciphertext.js";
import { checkParameters } from "../../../he-ml/crypto/parameters.js";
import { ClearMachine } from "../clear-machine.js";
import { overBudget, record, replay, type Circuit, type Handle } from "../circuit.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import type { Machine } from "../machine.js";
import { integer } from "../random.js";

const count = 8;
const budget = { multiply: 1 };
const tolerance = 1e-3;

/** Values of two ciphertexts, slot by slot. */
export interface Operands {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** x² − y² of two ciphertexts. */
export const differenceOfSquares: Exercise<
  null,
  <C>(he: Machine<C>, x: C, y: C) => C,
  Operands,
  Circuit | undefined
> = {
  id: "difference-of-squares",
  lesson: "00",
  title: "x² − y² with one product",
  points: 1,
  answer: "differenceOfSquares",
  hints: [
    "x·x − y·y takes two products. Which rule of school algebra writes it with one?",
    "x² − y² = (x + y)·(x − y), and sums and differences cost next to nothing.",
    "Multiply he.add(x, y) by he.sub(x, y), then relinearize, then rescale, and return what comes out.",
  ],
  budget,
  par: { multiply: 1, levels: 1 },
  draw: (random) => ({ question: null, secret: { x: values(random), y: values(random) } }),
  ask: (answer) => record(2, (he: Machine<Handle>, [x, y]) => answer(he, x, y)),
  judge(_, operands, response) {
    const machine = new ClearMachine(checkParameters(parameters));
    const inputs = [machine.encrypt(operands.x), machine.encrypt(operands.y)];
    const { output, cost } = replay(response, machine, inputs);
    return (
      judgeSlots(operands, machine.decrypt(output)) ??
      overBudget(cost, budget, 1) ??
      judgeForm(output) ??
      right(`x² − y² in ${cost.multiply} product`, cost)
    );
  },
};

const parameters = {
  polyModulusDegree: 2048,
  coeffModulusBits: [54, 30, 54],
  scaleBits: 30,
  security: "teaching",
} as const;

/** What is wrong with the slots, if anything is. */
function judgeSlots({ x, y }: Operands, got: ArrayLike<number>): Verdict | undefined {
  const is = (f: (x: number, y: number) => number) =>
    x.every((value, slot) => Math.abs(got[slot] - f(value, y[slot])) < tolerance);
  if (is((a, b) => a ** 2 - b ** 2)) return undefined;
  const says = `where x = ${x[0]} and y = ${y[0]} there is ${got[0].toFixed(3)}, expected ${x[0] ** 2 - y[0] ** 2}`;
  if (is((a, b) => b ** 2 - a ** 2)) return wrong(`${says}: the sign is turned, this is y² − x²`, 1);
  if (is((a, b) => (a - b) ** 2)) return wrong(`${says}: this is (x − y)², which has −2xy in it`, 1);
  return wrong(says, 1);
}

/** What is still to be done to the product before another could follow, if anything is. */
function judgeForm({ size, scale }: Ciphertext): Verdict | undefined {
  const missing = [
    ...(size > 2 ? ["relinearize"] : []),
    ...(scale > 1.5 * 2 ** parameters.scaleBits ? ["rescale"] : []),
  ];
  if (missing.length === 0) return undefined;
  return wrong(
    `right slots, but you left out ${missing.join(" and ")}: it decrypts, and no product could follow`,
    1,
  );
}

/** In eighths, between 1 and 4 in size. */
const values = (random: Random): number[] =>
  Array.from({ length: count }, () => (random() < 0.5 ? -1 : 1) * (integer(random, 8, 32) / 8));
