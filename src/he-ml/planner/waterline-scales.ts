import type { LevelAndScale } from "../crypto/ciphertext.js";
import {
  mostPrimeBits,
  checkParameters,
  formatChain,
  lastPrime,
  maxCoeffModulusBits,
  modulusBits,
  type CkksParameters,
} from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import { freshState } from "../layers/functional/reencryption.js";
import { activationDepth, largestActivated } from "./activation.js";
import type { ErrorBudget } from "./error-budget.js";
import {
  magnitudeBits,
  predictErrors,
  type ScalePlan,
  type ScaleStage,
  type StageBits,
  type StageScales,
} from "./stage-scales.js";
import { activatedState, productState } from "./stage-state.js";

/** Sizes of scales and primes to try where a polynomial of higher degree rules the chain. */
const waterlineBits = [28, 32, 36, 40, 45, 50];

/**
 * A chain of equal primes, as many as it takes: polynomials of higher degree multiply ciphertexts by ciphertexts, which
 * want scales that stay the same from level to level.
 */
export function chooseWaterline(
  polyModulusDegree: number,
  stages: readonly ScaleStage[],
  budget: ErrorBudget,
  wantedError: number,
): ScalePlan | undefined {
  const deepest = stages.reduce((sum, { activation }) => sum + 1 + activationDepth(activation), 0);
  for (const bits of waterlineBits) {
    for (let primes = stages.length; primes <= deepest; primes++) {
      const coeffModulusBits = [mostPrimeBits, ...new Array<number>(primes).fill(bits), mostPrimeBits];
      if (coeffModulusBits.reduce((sum, size) => sum + size) > maxCoeffModulusBits[polyModulusDegree]) break;
      try {
        const parameters = checkParameters({ polyModulusDegree, coeffModulusBits, scaleBits: bits });
        const plan = scalesOnChain(parameters, stages, budget);
        if (plan.errors.at(-1)! <= wantedError) return plan;
        break;
      } catch (error) {
        // Too short still, or there are too few primes of this size.
        if (!(error instanceof InputError)) throw error;
      }
    }
  }
  return undefined;
}

/**
 * Scales for a chain that is given: weights at its `weightScaleBits`, and before and after each activation as many
 * divisions as leave the scale at or above `scaleBits` (the waterline of layer-by-layer runs).
 *
 * @param start where the first stage's input stands
 * @throws InputError naming the stage that the chain cannot carry
 */
export function scalesOnChain(
  parameters: CkksParameters,
  stages: readonly ScaleStage[],
  budget: ErrorBudget,
  start: LevelAndScale = freshState(parameters),
): ScalePlan {
  const { weightScaleBits } = parameters;
  let state = start;
  const bits: StageBits[] = [];
  const planned = stages.map(({ name, products, divisor, activation, largest }, i): StageScales => {
    const input = state;
    const weights = products ? weightScaleBits : 0;
    const requireRoom = (value: number) => {
      const needed = Math.log2(state.scale) + magnitudeBits(value) + 1;
      if (needed < modulusBits(parameters, state.level)) return;
      throw new InputError(
        `plan: stage "${name}" needs ${Math.ceil(needed)} bits at level ${state.level}, ` +
          `${formatChain(parameters)} has ${modulusBits(parameters, state.level).toFixed(0)} left there; ` +
          `use a longer chain, smaller scales, or leave the parameters out to have them chosen`,
      );
    };
    state = productState(input, weights, divisor);
    requireRoom(largest);
    const product = Math.log2(state.scale);
    if (activation) state = settled(parameters, state);
    const before = state;
    ({ state } = activatedState(parameters, activation, before));
    requireRoom(largestActivated(activation, largest));
    const activated = Math.log2(state.scale);
    const computed = state.level;
    if (i < stages.length - 1) state = settled(parameters, state);
    requireRoom(largestActivated(activation, largest));
    bits.push({
      before: Math.log2(input.scale),
      weights,
      product,
      activated: activation?.kind === "polynomial" ? Math.log2(before.scale) : activated,
      after: Math.log2(state.scale),
      level: input.level,
    });
    return {
      level: input.level,
      weightScaleBits: weights,
      rescalesBefore: input.level - before.level,
      rescales: computed - state.level,
    };
  });
  const dataBits = parameters.coeffModulusBits.slice(0, -1);
  const special = parameters.coeffModulusBits.at(-1)!;
  return {
    parameters,
    stages: planned,
    errors: predictErrors(parameters.polyModulusDegree, budget, bits, dataBits, special),
  };
}

/** Divided by primes for as long as the scale stays at or above that of inputs. */
function settled(parameters: CkksParameters, { level, scale }: LevelAndScale): LevelAndScale {
  while (level > 1 && scale / lastPrime(parameters, level) >= 2 ** parameters.scaleBits * almostOne) {
    scale /= lastPrime(parameters, level--);
  }
  return { level, scale };
}

/** Primes are a little smaller or larger than their power of two. */
const almostOne = 1 - 2 ** -10;
