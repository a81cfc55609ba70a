import { kernelPrimes, type EvaluatorKind } from "../crypto/evaluator-kind.js";
import { checkParameters, mostPrimeBits, type CkksParameters } from "../crypto/parameters.js";
import { mostModulusBits, type SecureRing } from "../crypto/security-tables.js";
import { InputError } from "../errors.js";
import { defaultRelativeError, deviationsInLargest } from "./believed-scales.js";
import type { Measured } from "./errors/measure.js";
import { scalesOnChain } from "./scales/waterline-scales.js";

/** Of smaller primes there are too few at the larger degrees. */
const smallestPrimeBits = 27;

/** A part of a model, measured for one degree, and how precise it is to be. */
export interface SharedPart {
  readonly measured: Measured;
  /** Largest error at its output, relative to the largest output; 0.01 if left out. */
  readonly relativeError?: number;
}

/**
 * Chains of a degree for a model in parts, whose primes are of one size: the fewer and smaller first.
 *
 * @param evaluator the kernels' fast primes come first
 */
export function chainsOfDegree(ring: SecureRing, evaluator: EvaluatorKind): number[][] {
  const limit = mostModulusBits(ring);
  const sizes = evaluator === "kernel" ? kernelPrimes.map(({ mostBits }) => mostBits) : [mostPrimeBits];
  const chains: number[][] = [];
  for (let primes = 2; primes * smallestPrimeBits <= limit; primes++) {
    const even = Math.floor(limit / primes);
    const fitting = sizes.filter((bits) => bits * primes <= limit);
    for (const bits of fitting.length > 0 ? fitting : [even]) {
      chains.push(new Array<number>(primes).fill(bits));
    }
  }
  return chains;
}

/**
 * One scale for the inputs and one for the weights of all parts on a chain: the two that leave the part that is worst off
 * the smallest error beside what is asked for it.
 *
 * @returns undefined where no scales are as precise as asked for
 */
export function sharedScales(
  ring: SecureRing,
  coeffModulusBits: readonly number[],
  parts: readonly SharedPart[],
): CkksParameters | undefined {
  const chain = checkParameters({ ...ring, coeffModulusBits, scaleBits: leastScaleBits });
  let best = { parameters: chain, share: Infinity };
  for (let scaleBits = leastScaleBits; scaleBits <= mostScaleBits; scaleBits++) {
    for (let weightScaleBits = leastScaleBits; weightScaleBits <= mostScaleBits; weightScaleBits++) {
      const parameters = { ...chain, scaleBits, weightScaleBits };
      const share = Math.max(...parts.map((part) => shareOn(parameters, part)));
      if (share < best.share) best = { parameters, share };
    }
  }
  if (best.share > 1) return undefined;
  const { scaleBits, weightScaleBits } = best.parameters;
  return checkParameters({ ...ring, coeffModulusBits, scaleBits, weightScaleBits });
}

const leastScaleBits = 12;
const mostScaleBits = 45;

/** The predicted error beside the one that is asked for; infinite where the chain does not carry the scales. */
function shareOn(
  parameters: CkksParameters,
  { measured, relativeError = defaultRelativeError }: SharedPart,
): number {
  const { scaleStages, budget, largestOutputs } = measured;
  try {
    const { errors } = scalesOnChain(parameters, scaleStages, budget);
    // Where nothing but zeros is computed, there is room for errors up to 1: see magnitudeBits.
    return (deviationsInLargest * errors.at(-1)!) / (relativeError * (largestOutputs.at(-1)! || 1));
  } catch (error) {
    if (error instanceof InputError) return Infinity;
    throw error;
  }
}
