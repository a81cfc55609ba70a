import { checkParameters } from "../../../he-ml/crypto/parameters.js";
import { ClearMachine } from "../clear-machine.js";
import { overBudget, record, replay, type Circuit, type Handle } from "../circuit.js";
import { right, wrong, type Exercise } from "../exercise.js";
import type { Machine } from "../machine.js";
import { integer } from "../random.js";

const slots = 1024;
const budget = { rotate: 10 };
const tolerance = 1e-6;

/** Sum all slots of a ciphertext into each, by doubling. */
export const sumSlots: Exercise<
  null,
  <C>(he: Machine<C>, x: C) => C,
  readonly number[],
  Circuit | undefined
> = {
  id: "sum-slots",
  lesson: "05",
  title: "the sum of 1,024 slots in 10 rotations",
  points: 2,
  answer: "sumSlots",
  hints: [
    "x + rotate(x, 1) holds sums of two neighbours. What does its rotation by 2, added to it, hold?",
    "Each rotation can double how many slots a sum covers: 2, 4, 8, … and 2¹⁰ = 1,024.",
    "Start with sum = x, and for step = 1, 2, 4, …, 512 let sum = he.add(sum, he.rotate(sum, step)).",
  ],
  budget,
  par: { rotate: 10, keys: 10 },
  draw: (random) => ({
    question: null,
    secret: Array.from({ length: slots }, () => integer(random, -1000, 1000) / 8),
  }),
  ask: (sum) => record(1, (he: Machine<Handle>, [x]) => sum(he, x)),
  judge(_, values, response) {
    const machine = new ClearMachine(checkParameters(parameters));
    const { output, cost } = replay(response, machine, [machine.encrypt(values)]);
    const got = machine.decrypt(output);
    const expected = values.reduce((sum, value) => sum + value, 0);
    const at = got.findIndex((value) => !(Math.abs(value - expected) < tolerance * slots));
    if (at < 0) {
      return (
        overBudget(cost, budget, 2) ?? right(`the sum of ${slots} slots in ${cost.rotate} rotations`, cost)
      );
    }
    const covered = coveredSlots(values, got);
    const why = covered === undefined ? "" : `: it is the sum of ${covered} slots only`;
    return wrong(`slot ${at} is ${got[at]}, expected ${expected}${why}`, covered === undefined ? 1 : 2);
  },
};

const parameters = {
  polyModulusDegree: 2 * slots,
  coeffModulusBits: [54, 24],
  scaleBits: 24,
  security: "teaching",
} as const;

/** Sums of so many slots agree, so that no other count gives the same by chance. */
const slotsCompared = 8;

/** How many slots, from each on, the sums cover. */
function coveredSlots(values: readonly number[], got: ArrayLike<number>): number | undefined {
  const sums = new Array<number>(slotsCompared).fill(0);
  for (let count = 1; count < slots; count++) {
    sums.forEach((_, from) => (sums[from] += values[(from + count - 1) % slots]));
    if (sums.every((sum, from) => Math.abs(sum - got[from]) < tolerance * slots)) return count;
  }
  return undefined;
}
