import type { ErrorBudget } from "../errors/error-budget.js";
import {
  chainForScales,
  isRescaled,
  type ChainProblem,
  type ChosenBits,
  type ScaleChain,
} from "./scale-chain.js";
import { leastScaleBits, leastWeightBits, predictErrors } from "./stage-scales.js";

/** Chosen scales, the chain that they ask for, and the errors that it leads to. */
export interface RatedBits {
  readonly bits: ChosenBits;
  readonly chain: ScaleChain;
  /** Predicted standard deviation of the error at each stage's output. */
  readonly errors: readonly number[];
  /** All errors relative to those that are wanted, as one number. */
  readonly loss: number;
  /** Of all primes, the special one included. */
  readonly totalBits: number;
}

/** Bits that all scales are raised by, one by one, until there is a chain. */
const mostRaises = 16;
/** The least that is worth a bit of the modulus: by how much log(loss) falls. */
const leastGain = 1e-4;
/** A change that takes no bits of the modulus, as it fills what rounding left free, counts as half a bit. */
const leastBitsCounted = 0.5;

/**
 * Gives bits to scales for as long as the chain may grow: from the least scales on, always the one bit more that lowers the
 * errors most, relative to those that are wanted, for each bit of the modulus that it takes.
 *
 * @param wantedErrors standard deviation at the output of each stage, Infinity where any will do
 * @returns undefined where no chain carries even the least scales
 */
export function searchBits(
  problem: ChainProblem,
  budget: ErrorBudget,
  wantedErrors: readonly number[],
): RatedBits | undefined {
  const task: Task = { problem, budget, wantedErrors };
  const least = leastBits(problem);
  let best = least && rate(task, least);
  for (let better = best; better; better = improve(task, better)) best = better;
  return best;
}

interface Task {
  readonly problem: ChainProblem;
  readonly budget: ErrorBudget;
  readonly wantedErrors: readonly number[];
}

/** The least scales that a chain carries, if there are any. */
export function leastBits(problem: ChainProblem): ChosenBits | undefined {
  const { stages } = problem;
  // Even the least scales may leave too little to divide by; more of them, and then there is.
  for (let raise = 0; raise <= mostRaises; raise++) {
    const bits: ChosenBits = {
      input: leastScaleBits + raise,
      weights: stages.map(({ products }) => (products ? leastWeightBits + raise : 0)),
      rescaled: stages.map(() => leastScaleBits + raise),
    };
    if (chainForScales(problem, bits)) return bits;
  }
  return undefined;
}

function rate({ problem, budget, wantedErrors }: Task, bits: ChosenBits): RatedBits | undefined {
  const chain = chainForScales(problem, bits);
  if (!chain) return undefined;
  const { scales, dataBits, specialBits } = chain;
  const errors = predictErrors(problem.polyModulusDegree, budget, scales, dataBits, specialBits);
  const loss = Math.hypot(...errors.map((error, stage) => error / wantedErrors[stage]));
  const totalBits = dataBits.reduce((total, size) => total + size, specialBits);
  return { bits, chain, errors, loss, totalBits };
}

/**
 * Gives a bit more to one scale; where that does not help, to two: larger weights need larger primes, whose key switches
 * want a larger scale.
 */
function improve(task: Task, now: RatedBits): RatedBits | undefined {
  const single = raises(task.problem);
  const pairs = () =>
    single.flatMap((first, i) =>
      single.slice(i + 1).map(
        (second): Raise =>
          (bits) =>
            second(first(bits)),
      ),
    );
  return bestRaise(single, task, now) ?? bestRaise(pairs(), task, now);
}

/** Gives a scale one bit more. */
type Raise = (bits: ChosenBits) => ChosenBits;

function raises({ stages }: ChainProblem): Raise[] {
  const raiseAt = (list: readonly number[], index: number) => list.with(index, list[index] + 1);
  return [
    (bits) => ({ ...bits, input: bits.input + 1 }),
    ...stages.flatMap(({ products }, i) => {
      const ofStage: Raise[] = [];
      if (products) ofStage.push((bits) => ({ ...bits, weights: raiseAt(bits.weights, i) }));
      if (isRescaled(stages, i)) {
        ofStage.push((bits) => ({ ...bits, rescaled: raiseAt(bits.rescaled, i) }));
      }
      return ofStage;
    }),
  ];
}

function bestRaise(all: readonly Raise[], task: Task, now: RatedBits): RatedBits | undefined {
  let [best, bestGain]: [RatedBits | undefined, number] = [undefined, leastGain];
  for (const raise of all) {
    const raised = rate(task, raise(now.bits));
    if (!raised) continue;
    const bitsTaken = Math.max(leastBitsCounted, raised.totalBits - now.totalBits);
    const gain = Math.log(now.loss / raised.loss) / bitsTaken;
    if (gain > bestGain) [best, bestGain] = [raised, gain];
  }
  return best;
}
