import type { LevelAndScale } from "../../crypto/ciphertext.js";
import { formatChain, modulusBits, type CkksParameters } from "../../crypto/parameters.js";
import { InputError } from "../../errors.js";
import type { ErrorBudget, ErrorSource } from "../errors/error-budget.js";
import {
  bitsNeeded,
  errorSizes,
  leastScaleBits,
  leastWeightBits,
  mostScaleBits,
  predictErrors,
  sourceSize,
  unitNoise,
  type ScalePlan,
  type ScaleStage,
  type StageBits,
  type UnitNoise,
} from "./stage-scales.js";
import { activatedState, productState, rescaledState } from "./stage-state.js";

/** Primes are a little smaller or larger than the power of two that a chain is chosen for. */
const primeSlack = 1 / 16;
/** A stage is computed with a prime more only where that lowers the variance of the error by this part. */
const worthALevel = 0.1;

/**
 * Chooses scales on what is left of a chain: for each stage the scale of its weights and how many primes it divides by,
 * so that the predicted error at the last output is least, or little more where that leaves fewer primes to compute with.
 * What a stage adds to that error depends on its own scales only, and what later stages can do depends on nothing but the
 * level and scale that it leaves: of all ways to a level and a scale the best is kept (dynamic programming).
 *
 * @param stages without activations of higher degree than 2
 * @param start where the first stage's input stands
 * @throws InputError naming the first stage that does not fit, whatever the scales
 */
export function continueScales(
  parameters: CkksParameters,
  stages: readonly ScaleStage[],
  budget: ErrorBudget,
  start: LevelAndScale,
): ScalePlan {
  const { polyModulusDegree, coeffModulusBits, levels } = parameters;
  const chain: Chain = {
    parameters,
    noise: unitNoise(polyModulusDegree, coeffModulusBits, budget.evaluator),
    modulusBits: Array.from({ length: levels }, (_, i) => modulusBits(parameters, i + 1)),
    inputError: budget.inputError,
  };
  const leastVariance = bestWay(chain, stages, budget, start, 0).loss;
  const choices: StageChoice[] = [];
  let last = bestWay(chain, stages, budget, start, worthALevel * leastVariance).last;
  for (; last; last = last.before) choices.unshift(last);
  const bits = choices.map((choice) => choice.bits);
  const data = coeffModulusBits.slice(0, -1);
  return {
    parameters,
    stages: choices.map(({ bits: { level, weights }, rescales }) => ({
      level,
      weightScaleBits: weights,
      rescalesBefore: 0,
      rescales,
    })),
    bits,
    errors: predictErrors(polyModulusDegree, budget, bits, data, coeffModulusBits.at(-1)!),
  };
}

/** @param perLevel what a prime left in a stage counts for beside the variance of the error */
function bestWay(
  chain: Chain,
  stages: readonly ScaleStage[],
  { sources }: ErrorBudget,
  start: LevelAndScale,
  perLevel: number,
): Way {
  let ways: readonly Way[] = [{ state: start, loss: 0, last: undefined }];
  stages.forEach((stage, index) => {
    const own = sources.filter((source) => source.stage === index);
    const mostRescales = index === stages.length - 1 ? 0 : Infinity;
    const longer = new BestWays();
    for (const way of ways) {
      const loss = way.loss + perLevel * way.state.level;
      prolong(chain, stage, own, { ...way, loss }, mostRescales, longer);
    }
    if (longer.size === 0) throw tooLittleLeft(chain, stage, ways);
    ways = longer.list();
  });
  return ways.reduce((a, b) => (b.loss < a.loss ? b : a));
}

interface Chain {
  readonly parameters: CkksParameters;
  readonly noise: UnitNoise;
  /** By data primes left: first with one. */
  readonly modulusBits: readonly number[];
  readonly inputError?: number;
}

/** Scales for some stages, from the first on. */
interface Way {
  /** What the last of them leaves. */
  readonly state: LevelAndScale;
  /** Variance of the error at the last output of all, as far as it arises in these stages, and what their levels count. */
  readonly loss: number;
  /** What was chosen for the last of them, from which those before are found; undefined where there are none. */
  readonly last: StageChoice | undefined;
}

interface StageChoice {
  /** For the stage before. */
  readonly before: StageChoice | undefined;
  readonly bits: StageBits;
  readonly rescales: number;
}

/** More than a chain has levels. @see SEAL 4.1.2, native/src/seal/util/defines.h: SEAL_COEFF_MOD_COUNT_MAX */
const moreThanLevels = 64;

/** The best way to each level and scale; scales are told apart by quarters of a bit. */
class BestWays {
  readonly #best = new Map<number, Way>();

  get size(): number {
    return this.#best.size;
  }

  list(): Way[] {
    return [...this.#best.values()];
  }

  add(state: LevelAndScale, loss: number, last: StageChoice): void {
    const key = state.level + moreThanLevels * Math.round(4 * Math.log2(state.scale));
    const known = this.#best.get(key);
    if (!known || loss < known.loss) this.#best.set(key, { state, loss, last });
  }
}

/** Goes on by a stage, with all scales that fit. */
function prolong(
  chain: Chain,
  stage: ScaleStage,
  sources: readonly ErrorSource[],
  way: Way,
  mostRescales: number,
  longer: BestWays,
): void {
  const { parameters, noise, inputError } = chain;
  const { level } = way.state;
  const [least, most] = stage.products ? [leastWeightBits, mostScaleBits] : [0, 0];
  for (let weights = least; weights <= most; weights++) {
    const { activated, scales } = computed(parameters, stage, way.state, weights);
    // A division takes as much of the scale as of the modulus: what fits before it fits after it.
    if (bitsNeeded(stage, scales).start > chain.modulusBits[level - 1] + primeSlack) return;
    for (let rescales = 0; rescales <= Math.min(mostRescales, level - 1); rescales++) {
      const state = rescaledState(parameters, activated, rescales);
      if (rescales > 0 && state.scale < 2 ** leastScaleBits) break;
      const bits = { ...scales, after: Math.log2(state.scale), level };
      const sizes = errorSizes(noise, bits, inputError);
      const loss = sources.reduce(
        (sum, source) => sum + source.gain.at(-1)! * sourceSize(source, sizes, bits) ** 2,
        way.loss,
      );
      longer.add(state, loss, { before: way.last, bits, rescales });
    }
  }
}

/** A stage up to its divisions. */
function computed(
  parameters: CkksParameters,
  { divisor, activation }: ScaleStage,
  input: LevelAndScale,
  weightBits: number,
) {
  const product = productState(input, weightBits, divisor);
  const activated = activatedState(parameters, activation, product).state;
  const activatedBits = Math.log2(activated.scale);
  return {
    activated,
    scales: {
      ...{ before: Math.log2(input.scale), weights: weightBits, product: Math.log2(product.scale) },
      ...{ activated: activatedBits, after: activatedBits },
    },
  };
}

function tooLittleLeft(
  { parameters, modulusBits: left }: Chain,
  stage: ScaleStage,
  ways: readonly Way[],
): InputError {
  const tried = ways.map(({ state }) => {
    const { scales } = computed(parameters, stage, state, stage.products ? leastWeightBits : 0);
    return { level: state.level, needed: bitsNeeded(stage, scales).start };
  });
  const { level, needed } = tried.reduce((a, b) =>
    b.needed - left[b.level - 1] < a.needed - left[a.level - 1] ? b : a,
  );
  return new InputError(
    `plan: stage "${stage.name}" needs ${Math.ceil(needed)} bits at level ${level} with the smallest weights, ` +
      `${formatChain(parameters)} has ${left[level - 1].toFixed(0)} left there; start at a higher level or a smaller ` +
      `scale, as the head of a plan for all layers does, or use a longer chain`,
  );
}
