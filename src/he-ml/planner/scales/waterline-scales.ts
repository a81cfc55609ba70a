import type { LevelAndScale } from "../../crypto/ciphertext.js";
import { checkParameters, lastPrime, type CkksParameters } from "../../crypto/parameters.js";
import { mostModulusBits, type SecureRing } from "../../crypto/security-tables.js";
import { InputError } from "../../errors.js";
import { freshState } from "../../layers/functional/reencryption.js";
import { activationDepth } from "../stages/activation.js";
import { followScales } from "./chain-scales.js";
import type { ErrorBudget } from "../errors/error-budget.js";
import type { MostPrimeBits } from "./scale-chain.js";
import { isAsPrecise, type ScalePlan, type ScaleStage } from "./stage-scales.js";

/** Sizes of scales and primes to try where a polynomial of higher degree rules the chain. */
const waterlineBits = [28, 32, 36, 40, 45, 50];

/**
 * A chain of equal primes, as many as it takes: polynomials of higher degree multiply ciphertexts by ciphertexts, which
 * want scales that stay the same from level to level.
 */
export function chooseWaterline(
  ring: SecureRing,
  stages: readonly ScaleStage[],
  budget: ErrorBudget,
  wantedErrors: readonly number[],
  most: MostPrimeBits,
): ScalePlan | undefined {
  const deepest = stages.reduce((sum, { activation }) => sum + 1 + activationDepth(activation), 0);
  for (const bits of waterlineBits) {
    for (let primes = stages.length; primes <= deepest; primes++) {
      const coeffModulusBits = [most.base, ...new Array<number>(primes).fill(bits), most.special];
      if (coeffModulusBits.reduce((sum, size) => sum + size) > mostModulusBits(ring)) break;
      try {
        const parameters = checkParameters({ ...ring, coeffModulusBits, scaleBits: bits });
        const plan = scalesOnChain(parameters, stages, budget);
        if (isAsPrecise(plan.errors, wantedErrors)) return plan;
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
  return followScales(parameters, stages, budget, start, {
    weightBits: () => parameters.weightScaleBits,
    rescalesBefore: (_, product) => divisionsAbove(parameters, product),
    rescales: (stage, activated) => (stage < stages.length - 1 ? divisionsAbove(parameters, activated) : 0),
  });
}

/** Divisions by a prime that leave the scale at or above that of inputs. */
function divisionsAbove(parameters: CkksParameters, { level, scale }: LevelAndScale): number {
  let left = level;
  while (left > 1 && scale / lastPrime(parameters, left) >= 2 ** parameters.scaleBits * almostOne) {
    scale /= lastPrime(parameters, left--);
  }
  return level - left;
}

/** Primes are a little smaller or larger than their power of two. */
const almostOne = 1 - 2 ** -10;
