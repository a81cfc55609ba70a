import * as toy from "../../../he-ml/toy-ckks/index.js";
import { overBudget, record, replay, type Circuit, type Handle } from "../circuit.js";
import { right, wrong, type Exercise } from "../exercise.js";
import type { Machine } from "../machine.js";
import {
  agree,
  drawSlots,
  eighths,
  firstWrong,
  slotMachine,
  slots,
  type SlotInputs,
} from "./slot-machine.js";

type Matrix = readonly (readonly number[])[];

const budget = { rotate: 14 };

/** A 64 × 64 matrix times a vector, by diagonals in baby and giant steps. */
export const matrixVector: Exercise<
  Matrix,
  <C>(he: Machine<C>, x: C, matrix: number[][]) => C,
  SlotInputs,
  Circuit | undefined
> = {
  id: "matrix-vector",
  lesson: "05",
  title: "a 64 × 64 matrix times a vector in 14 rotations",
  points: 3,
  answer: "matrixVector",
  hints: [
    "By diagonals it takes 63 rotations. Write each step as giant + baby, baby below 8 and giant a multiple of 8: how many different babies are there, and how many giants?",
    "Keep x rotated by 0 … 7. For each giant step add up eight products, and rotate their sum by the giant step. As the sum moves afterwards, slot j of its weights must hold what slot j − giant needs: " +
      "matrix[(j − giant) mod 64][(j + baby) mod 64].",
    "babies[b] = he.rotate(x, b). For giant = 0, 8, … 56 let sum be the sum over b of he.multiplyPlain(babies[b], diagonal), " +
      "where diagonal[j] = matrix[(j - giant + 64) % 64][(j + b) % 64]. Add he.rotate(sum, giant) to the total, sum itself where giant is 0.",
  ],
  budget,
  par: { rotate: 14, keys: 2 },
  draw: (random) => ({
    question: Array.from({ length: slots }, () => Array.from({ length: slots }, () => eighths(random))),
    secret: drawSlots(random),
  }),
  ask: (answer, matrix) =>
    record(1, (he: Machine<Handle>, [x]) =>
      answer(
        he,
        x,
        matrix.map((row) => [...row]),
      ),
    ),
  judge(matrix, { values, seed }, response) {
    const machine = slotMachine(1, seed);
    const { output, cost } = replay(response, machine, [machine.encrypt(values)]);
    const got = toy.realParts(machine.decrypt(output));
    const says = firstWrong(got, timesVector(matrix, values));
    if (says === undefined) {
      return overBudget(cost, budget, 1) ?? right(`64 right slots in ${cost.rotate} rotations`, cost);
    }
    const why = mistake(matrix, values, got);
    return wrong(why === undefined ? says : `${says}: ${why}`, why === undefined ? 1 : 2);
  },
};

const around = (slot: number) => ((slot % slots) + slots) % slots;

/** Σ over all steps of what `weight` and `reads` say for output i and a step. */
const sumOf = (matrix: Matrix, values: readonly number[], term: Term, steps = slots): number[] =>
  values.map((_, i) => {
    let sum = 0;
    for (let step = 0; step < steps; step++) {
      const [row, column, read] = term(i, step).map(around);
      sum += matrix[row][column] * values[read];
    }
    return sum;
  });

/** Which weight output i takes at a step, and which value it meets. */
type Term = (i: number, step: number) => readonly [row: number, column: number, read: number];

const byDiagonals: Term = (i, step) => [i, i + step, i + step];
const timesVector = (matrix: Matrix, values: readonly number[]) => sumOf(matrix, values, byDiagonals);

const babySizes = [2, 4, 8, 16, 32];

function mistake(matrix: Matrix, values: readonly number[], got: readonly number[]): string | undefined {
  const is = (term: Term) => agree(got, sumOf(matrix, values, term));
  if (is((i, step) => [i + step, i, i + step])) return "it is the product with the transposed matrix";
  if (is((i, step) => [i, i - step, i + step])) {
    return "rotate(x, step) brings slot i + step to slot i, so it meets matrix[i][i + step]";
  }
  const unturned = babySizes.some((size) =>
    is((i, step) => {
      const giant = step - (step % size);
      return [i + giant, i + giant + step, i + step];
    }),
  );
  if (unturned) return "sums are rotated by giant steps, but their weights are not turned back by as much";
  for (let steps = 1; steps < slots; steps++) {
    if (agree(got, sumOf(matrix, values, byDiagonals, steps))) {
      return `it is the sum of the first ${steps} diagonals only`;
    }
  }
  return undefined;
}
