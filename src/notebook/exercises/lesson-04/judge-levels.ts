import { InputError } from "../../../he-ml/errors.js";
import * as toy from "../../../he-ml/toy-ckks/index.js";
import { overBudget, replay, type CircuitCost } from "../circuit.js";
import { right, wrong, type Cost, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { ToyMachine } from "../toy-machine.js";
import { UnequalOperands } from "../unequal-operands.js";
import { chainWithLevels, mostLevels } from "./level-chains.js";

/** What only the judge knows of a case. */
export interface Inputs {
  readonly values: readonly number[];
  /** Of the keys and the noise. */
  readonly seed: number;
}

/** Values between ½ and 1 in size, for each slot. */
export const drawInputs = (random: Random): Inputs => ({
  values: Array.from({ length: 8 }, () => (integer(random, 512, 1024) / 1024) * (random() < 0.5 ? -1 : 1)),
  seed: integer(random, 0, 2 ** 31),
});

export interface LevelsCase extends Inputs {
  /** What each slot should hold. */
  readonly expected: readonly number[];
  readonly tolerance: number;
  readonly budget: Cost & { readonly levels: number };
  /** Why slots that are wrong are wrong, where that is known. */
  readonly why: (got: readonly number[]) => string | undefined;
}

/**
 * Judges a circuit that is to keep to a number of levels: first on a chain that is long enough for any, which tells whether
 * it computes the right thing, then on one that has no level more than the budget, where nothing can be put off.
 *
 * @throws InputError where the long chain refuses an operation, but for levels and scales of operands
 */
export function judgeLevels(response: unknown, levelsCase: LevelsCase): Verdict {
  try {
    return judgeOnBoth(response, levelsCase);
  } catch (error) {
    // Whoever gets as far as this needs the hint that speaks of levels and scales.
    if (error instanceof UnequalOperands) return wrong(error.message, 2);
    throw error;
  }
}

function judgeOnBoth(response: unknown, levelsCase: LevelsCase): Verdict {
  const { budget } = levelsCase;
  const long = run(response, mostLevels, levelsCase);
  const verdict = judgeSlots(long, levelsCase) ?? overBudget(long.cost, budget, 2);
  if (verdict) return verdict;
  try {
    const short = run(response, budget.levels, levelsCase);
    return (
      judgeSlots(short, levelsCase) ??
      right(`largest error ${largestOf(short, levelsCase).toPrecision(2)}`, short.cost)
    );
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return wrong(`right slots on a long chain, but on one of ${budget.levels} levels ${error.message}`, 2);
  }
}

interface Run {
  readonly got: readonly number[];
  readonly scale: number;
  readonly cost: CircuitCost;
}

function run(response: unknown, levels: number, { values, seed }: Inputs): Run {
  const machine = new ToyMachine(chainWithLevels(levels), toy.seededRandom(seed));
  const { output, cost } = replay(response, machine, [machine.encrypt(values)]);
  return { got: toy.realParts(machine.decrypt(output)), scale: output.scale, cost };
}

/** A scale so small that noise and rounding show. */
const smallScale = 2 ** 24;

const errorsOf = ({ got }: Run, { expected }: LevelsCase): readonly number[] =>
  got.map((value, slot) => Math.abs(value - expected[slot]));
const largestOf = (of: Run, levelsCase: LevelsCase) => Math.max(...errorsOf(of, levelsCase));

function judgeSlots(of: Run, levelsCase: LevelsCase): Verdict | undefined {
  const { got, scale } = of;
  const { values, expected, tolerance, why } = levelsCase;
  const errors = errorsOf(of, levelsCase);
  const largest = Math.max(...errors);
  if (largest < tolerance) return undefined;
  const at = errors.findIndex((error) => error === largest);
  const says =
    `slot ${at}, where x is ${values[at].toFixed(3)}, is ${got[at].toPrecision(7)}, expected ${expected[at].toPrecision(7)}: ` +
    `off by ${largest.toPrecision(2)}`;
  if (scale < smallScale) {
    return wrong(
      `${says}: the result's scale is only 2^${Math.log2(scale).toFixed(1)}; one rescale a product is enough`,
      2,
    );
  }
  const reason = why(got);
  return wrong(reason === undefined ? says : `${says}: ${reason}`, reason === undefined ? 1 : 2);
}
