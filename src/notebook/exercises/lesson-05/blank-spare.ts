import * as z from "zod";
import * as toy from "../../../he-ml/toy-ckks/index.js";
import { overBudget, record, replay, type Circuit, type Handle } from "../circuit.js";
import { circuitSchema } from "../circuit-schema.js";
import { InputError } from "../../../he-ml/errors.js";
import { right, wrong, type Cost, type Exercise, type Random, type Verdict } from "../exercise.js";
import type { Machine } from "../machine.js";
import { integer } from "../random.js";
import { responses } from "../responses.js";
import {
  agree,
  drawSlots,
  eighths,
  firstWrong,
  slotMachine,
  slots,
  type SlotInputs,
} from "./slot-machine.js";

export interface SpareSlots {
  /** Of value i, of value i + 1 and of value i + 2 in output i. */
  readonly weights: readonly number[];
  /** Outputs 0 to `used` − 1 are wanted; all slots after them are spare. */
  readonly used: number;
  /** At which x arrives: data primes that are left. */
  readonly level: number;
}

/** Where the result is, and the level whose prime was spent on the mask. */
type BlankSpare = <C>(
  he: Machine<C>,
  x: C,
  layer: { weights: number[]; used: number; level: number },
) => [result: C, paid: number];

/** What the student's function did, and what it says of it. */
export interface Blanked {
  readonly circuit: Circuit;
  readonly paid: unknown;
}

const blankedSchema = z.strictObject({ circuit: circuitSchema, paid: z.unknown() });

const budget = { levels: 1, rotate: 2 };
const mostLevels = 5;
/** Of the scale: weights at one so small would be wrong. */
const mostGrowth = 16;

/** Blank the spare slots by weights that are zero there: the mask costs no level of its own. */
export const blankSpare: Exercise<
  readonly SpareSlots[],
  BlankSpare,
  readonly SlotInputs[],
  readonly (Blanked | undefined)[]
> = {
  id: "blank-spare",
  lesson: "05",
  title: "blank the spare slots, and say which level paid",
  points: 2,
  answer: "blankSpare",
  hints: [
    "First without blanking: products with the three weights, one rescale. Then he.multiplyPlain by a list of ones and zeros blanks slots, but is a product as any other. How many levels is that?",
    "A mask after weights is (x · weights) · mask = x · (weights · mask): one list of weights that is 0 in the spare slots does both in one product.",
    "For k = 0, 1, 2 multiply he.rotate(x, k), or x itself, by Array.from({ length: 64 }, (_, i) => (i < used ? weights[k] : 0)). Add up, rescale once, and return [result, level]: " +
      "the rescale takes the prime of the level at which x arrived.",
  ],
  budget,
  par: { levels: 1, rotate: 2, multiplyPlain: 3 },
  draw(random) {
    const layers = drawLayers(random);
    return { question: layers, secret: layers.map(() => drawSlots(random)) };
  },
  ask: (answer, question) =>
    question.map(({ weights, used, level }) => {
      let paid: unknown;
      const circuit = record(1, (he: Machine<Handle>, [x]) => {
        const given = answer(he, x, { weights: [...weights], used, level }) as unknown;
        if (given === undefined) return given as unknown as Handle;
        if (!Array.isArray(given) || given.length !== 2) {
          throw new InputError("blankSpare: expected [result, paid], got something else; return both");
        }
        paid = given[1];
        return given[0] as Handle;
      });
      return circuit && { circuit, paid };
    }),
  judge(layers, inputs, response) {
    const given = responses("blankSpare", response, layers.length);
    let cost: Cost | undefined;
    for (const [i, layer] of layers.entries()) {
      const verdict = judgeLayer(layer, inputs[i], given[i]);
      if (!verdict.passed) return verdict;
      cost = verdict.cost;
    }
    return right(`${layers.length} layers with blank spare slots, each in one level`, cost);
  },
};

function judgeLayer(layer: SpareSlots, { values, seed }: SlotInputs, response: unknown): Verdict {
  const { used, level } = layer;
  const parsed = blankedSchema.safeParse(response);
  if (!parsed.success) {
    throw new InputError(
      `circuit: expected recorded operations and a level, got something else (${parsed.error.issues[0].message}); return [result, paid]`,
    );
  }
  const { circuit, paid } = parsed.data;
  const machine = slotMachine(mostLevels - 1, seed);
  let x = machine.encrypt(values);
  while (machine.levelOf(x) > level) x = machine.modSwitch(x);
  const { output, cost } = replay(circuit, machine, [x]);
  const got = toy.realParts(machine.decrypt(output));
  const expected = outputsOf(layer, values);
  const says = firstWrong(got, expected);
  if (says !== undefined) {
    const why = mistake(layer, values, got);
    return wrong(why === undefined ? says : `${says}: ${why}`, why === undefined ? 1 : 2);
  }
  const over = overBudget(cost, budget, 2);
  if (over) return over;
  if (machine.scaleOf(output) > machine.scaleOf(x) * mostGrowth) {
    const bits = Math.log2(machine.scaleOf(output)).toFixed(0);
    return wrong(`right slots at a scale of 2^${bits}: the level is not saved, but put off; rescale once`, 2);
  }
  if (paid === level) return right(`${used} slots used, paid at level ${level}`, cost);
  return wrong(
    `right slots, but the mask was not paid at level ${String(paid)}: x came at level ${level}, and a rescale takes the last prime that is left`,
    2,
  );
}

/** Two that arrive at different levels, so that no constant is right for both. */
function drawLayers(random: Random): SpareSlots[] {
  const first = integer(random, 3, mostLevels);
  const second = integer(random, 3, mostLevels - 1);
  return [first, second >= first ? second + 1 : second].map((level) => ({
    weights: [eighths(random), eighths(random), eighths(random)],
    used: integer(random, 20, 50),
    level,
  }));
}

const outputsOf = ({ weights, used }: SpareSlots, values: readonly number[]): number[] =>
  values.map((_, i) =>
    i < used ? weights.reduce((sum, weight, k) => sum + weight * values[(i + k) % slots], 0) : 0,
  );

function mistake(layer: SpareSlots, values: readonly number[], got: readonly number[]): string | undefined {
  if (agree(got, outputsOf({ ...layer, used: slots }, values))) return "the spare slots are not blank";
  for (const [used, which] of [
    [layer.used + 1, "too many"],
    [layer.used - 1, "too few"],
  ] as const) {
    if (agree(got, outputsOf({ ...layer, used }, values))) {
      return `one slot ${which} is kept: those to keep are 0 to ${layer.used - 1}`;
    }
  }
  const blankedBefore = values.map((value, i) => (i < layer.used ? value : 0));
  if (agree(got, outputsOf({ ...layer, used: slots }, blankedBefore))) {
    return "x was blanked before the rotations, which bring slots across the border";
  }
  return undefined;
}
