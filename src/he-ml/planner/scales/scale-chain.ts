import { mostModulusBits, type SecureRing } from "../../crypto/security-tables.js";
import { largestActivated } from "../stages/activation.js";
import {
  activatedBits,
  bitsNeeded,
  inputBits,
  magnitudeBits,
  mostScaleBits,
  spareBits,
  type ScaleStage,
  type StageBits,
} from "./stage-scales.js";

/** There are primes for every degree from so many bits on. */
export const leastPrimeBits = 24;

/** Stages whose activations are squares, and what chain they may have. */
export interface ChainProblem extends SecureRing {
  readonly stages: readonly ScaleStage[];
  /** Primes that each stage divides by behind its square: two, where one cannot take as many bits down as precision asks. */
  readonly primesPerRescale: readonly number[];
  readonly most: MostPrimeBits;
}

/** Most bits of a prime, by what it is for. */
export interface MostPrimeBits {
  readonly base: number;
  /** Of those that each stage divides by. */
  readonly stages: readonly number[];
  readonly special: number;
}

/** The scales that may be chosen, as log2; all others follow from them. */
export interface ChosenBits {
  readonly input: number;
  /** By stage: of its weights, 0 where it has no products. */
  readonly weights: readonly number[];
  /** By stage: what it leaves behind its division, where it divides. */
  readonly rescaled: readonly number[];
}

/** Primes for chosen scales, by their sizes in bits. */
export interface ScaleChain {
  /** The scales that each stage goes through. */
  readonly scales: readonly StageBits[];
  /** First the base, which is left at the end. */
  readonly dataBits: readonly number[];
  readonly specialBits: number;
  /** The primes that each stage divides by. */
  readonly stagePrimes: readonly (readonly number[])[];
}

/** Whether a stage divides behind its activation: the last one has no need to, nothing is multiplied behind it. */
export function isRescaled(stages: readonly ScaleStage[], index: number): boolean {
  return stages[index].activation !== undefined && index < stages.length - 1;
}

/**
 * The chain that scales ask for: for each square a prime of as many bits as the scale has to go down, and a base that holds
 * scale and values at the end.
 *
 * Three stages, with squares behind the first two; input 20 bits, weights 16 each, 24 and then 20 bits behind the divisions:
 *
 *     stage   input   product        square         divided by
 *     1       20      20 + 16 = 36   2 · 36 = 72    72 − 24 = 48 bits
 *     2       24      24 + 16 = 40   2 · 40 = 80    80 − 20 = 60 bits
 *     3       20      20 + 16 = 36                  nothing; 36 bits, 12 for values up to 4096 and 2 to spare: base 50 bits
 *
 * The last prime of a chain goes first, so the chain is [50, 60, 48 | special prime].
 *
 * @returns undefined where there is no such chain: a prime would be too small or too large, a stage's values would not fit
 *   into what is left of the modulus, or all primes together would be more than is secure
 */
export function chainForScales(problem: ChainProblem, bits: ChosenBits): ScaleChain | undefined {
  const { stages, most } = problem;
  if (Math.max(bits.input, ...bits.weights) > mostScaleBits) return undefined;
  const scales = scalesOfStages(stages, bits);
  const stagePrimes = primesOfStages(problem, scales);
  const base = stagePrimes && basePrimes(problem, scales);
  if (!base) return undefined;
  const dataBits = [...base, ...stagePrimes.toReversed().flat()];
  const levels = levelsOfStages(dataBits.length, stagePrimes);
  if (!allFit(stages, scales, dataBits, levels)) return undefined;
  const specialBits = Math.min(most.special, mostModulusBits(problem) - sum(dataBits));
  // Key switches divide their noise by the special prime, and that noise grows with the largest of the others.
  if (specialBits < Math.max(...dataBits)) return undefined;
  return {
    scales: scales.map((stage, i) => ({ ...stage, level: levels[i] })),
    dataBits,
    specialBits,
    stagePrimes,
  };
}

type Scales = Omit<StageBits, "level">;

function scalesOfStages(stages: readonly ScaleStage[], bits: ChosenBits): Scales[] {
  let before = bits.input;
  return stages.map(({ activation, divisor }, i) => {
    const weights = bits.weights[i];
    const product = before + weights + Math.log2(divisor);
    const activated = activatedBits(activation, product);
    const after = isRescaled(stages, i) ? bits.rescaled[i] : activated;
    const scales = { before, weights, product, activated, after };
    before = after;
    return scales;
  });
}

function primesOfStages(
  { stages, primesPerRescale, most }: ChainProblem,
  scales: readonly Scales[],
): number[][] | undefined {
  const all: number[][] = [];
  for (const [i, { activated, after }] of scales.entries()) {
    const primes = isRescaled(stages, i)
      ? evenPrimes(activated - after, primesPerRescale[i], most.stages[i])
      : [];
    if (!primes) return undefined;
    all.push(primes);
  }
  return all;
}

/** The primes that nothing divides by: as many bits as any stage needs that has only them. */
function basePrimes({ stages, primesPerRescale, most }: ChainProblem, scales: readonly Scales[]) {
  const bits = Math.max(leastPrimeBits, Math.ceil(bitsBehindDivisions(stages, scales) + spareBits));
  const base = evenPrimes(bits, Math.ceil(bits / most.base), most.base);
  // Only a square at the end, at twice the bits of its product, is worth a base of more primes than any stage divides by.
  const endsInSquare = stages.at(-1)!.activation !== undefined;
  return base && base.length > Math.min(...primesPerRescale) && !endsInSquare ? undefined : base;
}

/** Bits that scale and values take behind the last division, at most. */
function bitsBehindDivisions(stages: readonly ScaleStage[], scales: readonly Scales[]): number {
  const lastRescaled = stages.findLastIndex((_, i) => isRescaled(stages, i));
  return stages.reduce((most, stage, i) => {
    if (i < lastRescaled) return most;
    const { activation, largest } = stage;
    const { before, product, after } = scales[i];
    const beforeActivation =
      i === lastRescaled ? 0 : Math.max(inputBits(stage, before), product + magnitudeBits(largest));
    const atItsEnd = after + magnitudeBits(largestActivated(activation, largest));
    return Math.max(most, beforeActivation, atItsEnd);
  }, 0);
}

/** Data primes left where each stage starts. */
function levelsOfStages(primes: number, stagePrimes: readonly (readonly number[])[]): number[] {
  let left = primes;
  return stagePrimes.map(({ length }) => {
    const level = left;
    left -= length;
    return level;
  });
}

function allFit(
  stages: readonly ScaleStage[],
  scales: readonly Scales[],
  dataBits: readonly number[],
  levels: readonly number[],
): boolean {
  const modulusBits = (level: number) => sum(dataBits.slice(0, level));
  return stages.every((stage, i) => {
    const { start, end } = bitsNeeded(stage, scales[i]);
    // A last stage with an activation ends at the level it starts at, as it divides by nothing.
    const endLevel = levels[i + 1] ?? levels[i];
    return start <= modulusBits(levels[i]) && end <= modulusBits(endLevel);
  });
}

/** So many primes of sizes as even as can be, which together have so many bits. */
function evenPrimes(bits: number, count: number, most: number): number[] | undefined {
  const whole = Math.round(bits);
  if (whole < leastPrimeBits * count || whole > most * count) return undefined;
  return Array.from({ length: count }, (_, i) => Math.floor((whole + i) / count));
}

const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
