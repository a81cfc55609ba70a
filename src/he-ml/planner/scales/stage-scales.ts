import type { EvaluatorKind } from "../../crypto/evaluator-kind.js";
import { noiseModel } from "../../crypto/noise.js";
import type { CkksParameters } from "../../crypto/parameters.js";
import { largestActivated, type Activation } from "../stages/activation.js";
import { ditherFactor } from "../errors/dither-criterion.js";
import type { ErrorBudget, ErrorSource } from "../errors/error-budget.js";
import type { ErrorKind } from "../errors/error-gain.js";

/** A stage as far as scales go. */
export interface ScaleStage {
  readonly name: string;
  /** Whether it multiplies by weights. */
  readonly products: boolean;
  /** What its sums are declared to be divided by, 1 for nothing. */
  readonly divisor: number;
  readonly activation?: Activation;
  /** Largest magnitude before the activation in any slot, with room for images not seen. */
  readonly largest: number;
  /** Of a first stage: largest magnitude of what it reads. */
  readonly largestInput?: number;
  /** Largest magnitude of its weights, and of what is added to their sums; 0 for none. */
  readonly largestWeight: number;
  readonly largestBias: number;
}

/** What a stage does with scales and primes. */
export interface StageScales {
  /** Data primes left where it starts. */
  readonly level: number;
  readonly weightScaleBits: number;
  /** Divisions by a prime between products and activation: none in a chain that was chosen for squares. */
  readonly rescalesBefore: number;
  /** Divisions by a prime at its end. */
  readonly rescales: number;
}

export interface ScalePlan {
  readonly parameters: CkksParameters;
  readonly stages: readonly StageScales[];
  /** The scales that each stage goes through. */
  readonly bits: readonly StageBits[];
  /** Predicted standard deviation of the error at each stage's output, in the values' own unit. */
  readonly errors: readonly number[];
}

/** Whether no error is larger than the one that is wanted at the output of its stage. */
export function isAsPrecise(errors: readonly number[], wanted: readonly number[]): boolean {
  return errors.every((error, stage) => error <= wanted[stage]);
}

/** The scales that a stage goes through, as log2. */
export interface StageBits {
  /** Of its input. */
  readonly before: number;
  readonly weights: number;
  /** After products (or a declared division), after the activation, and after divisions by primes. */
  readonly product: number;
  readonly activated: number;
  readonly after: number;
  /** Where it divides by primes before the activation, too: what they leave. */
  readonly dividedBefore?: number;
  /** Data primes left where it starts. */
  readonly level: number;
}

/** log2 of the scale behind an activation, before anything is rescaled. */
export function activatedBits(activation: Activation | undefined, product: number): number {
  if (activation?.kind !== "square") return product;
  return 2 * product - Math.log2(Math.abs(activation.factor));
}

/** Bits that values up to `largest` need above the scale. */
export const magnitudeBits = (largest: number) => Math.max(0, Math.log2(Math.max(largest, 2 ** -20)));

/** Coarser, a key switch would drown values of 1: at N = 8192 its noise is about 2^13 units of 1 / scale. */
export const leastScaleBits = 14;
/** As many as a prime may have: finer than that, nothing is told apart any more. */
export const mostScaleBits = 60;
/** Coarser, rounding would drown weights of 1: at N = 8192 it comes to about 2^5 units of 1 / scale in a slot. */
export const leastWeightBits = 8;
/** Bits of modulus beside those of scale and values: for the sign, and one to spare. */
export const spareBits = 2;

/** Bits of what a first stage reads, at its scale: more than those of its sums where its weights are small. */
export const inputBits = ({ largestInput }: ScaleStage, before: number) =>
  largestInput === undefined ? 0 : before + magnitudeBits(largestInput);

/** Bits of modulus that a stage takes where it starts, and where it has divided by its primes. */
export function bitsNeeded(
  stage: ScaleStage,
  { before, weights, product, activated, after }: Omit<StageBits, "level">,
): { readonly start: number; readonly end: number } {
  const { activation, largest, largestWeight, largestBias } = stage;
  const value = magnitudeBits(largestActivated(activation, largest));
  // A square stands at its own scale until a factor is declared, which may make it smaller.
  const squared = activation ? 2 * product : 0;
  return {
    start:
      Math.max(
        inputBits(stage, before),
        weights + magnitudeBits(largestWeight),
        product + magnitudeBits(Math.max(largest, largestBias)),
        squared,
        activated + value,
      ) + spareBits,
    end: after + value + spareBits,
  };
}

/** Standard deviation of the error at each stage's output under these scales, in the values' own unit. */
export function predictErrors(
  polyModulusDegree: number,
  budget: ErrorBudget,
  scales: readonly StageBits[],
  dataBits: readonly number[],
  specialBits: number,
): number[] {
  const noise = unitNoise(polyModulusDegree, [...dataBits, specialBits], budget.evaluator);
  const sizes = scales.map((bits) => errorSizes(noise, bits, budget.inputError));
  const variances = scales.map(() => 0);
  for (const source of budget.sources) {
    const { stage, gain } = source;
    const size = sourceSize(source, sizes[stage], scales[stage]);
    for (let i = stage; i < variances.length; i++) variances[i] += gain[i] * size ** 2;
  }
  return variances.map(Math.sqrt);
}

/**
 * Standard deviation of each error that arises in a stage, in the values' own unit.
 *
 * @param inputError of what another plan left, in place of a fresh encryption's
 */
export function errorSizes(
  noise: UnitNoise,
  { before, weights, product, dividedBefore, activated, after, level }: StageBits,
  inputError?: number,
): Readonly<Record<ErrorKind, number>> {
  const keySwitch = noise.keySwitch[level - 1];
  return {
    input: inputError ?? noise.fresh * 2 ** -before,
    encoding: noise.encoding * 2 ** -weights,
    inputRotation: keySwitch * 2 ** -before,
    sumRotation: keySwitch * 2 ** -product,
    // SEAL encrypts under the public key with the special prime and divides down, which rounds.
    zero: noise.rounding * 2 ** -product,
    earlyRescaling: dividedBefore === undefined ? 0 : noise.rounding * 2 ** -dividedBefore,
    relinearization: keySwitch * 2 ** -activated,
    rescaling: activated > after ? noise.rounding * 2 ** -after : 0,
  };
}

/** What a source of errors has of the sizes of its stage: weights that are encoded with noise have more. */
export function sourceSize(
  { kind, ditheredBelowBits = -Infinity }: Pick<ErrorSource, "kind" | "ditheredBelowBits">,
  sizes: Readonly<Record<ErrorKind, number>>,
  { weights }: Pick<StageBits, "weights">,
): number {
  return kind === "encoding" && weights < ditheredBelowBits ? ditherFactor * sizes.encoding : sizes[kind];
}

/** Noise in units of 1 / scale. */
export interface UnitNoise {
  readonly fresh: number;
  readonly encoding: number;
  readonly rounding: number;
  /** By data primes left: first with one. */
  readonly keySwitch: readonly number[];
}

/** The primes count by their sizes only. */
export function unitNoise(
  polyModulusDegree: number,
  coeffModulusBits: readonly number[],
  evaluator: EvaluatorKind,
): UnitNoise {
  const coeffModulus = coeffModulusBits.map((bits) => BigInt(Math.round(2 ** bits)));
  const { fresh, encoding, rounding, keySwitch } = noiseModel({ polyModulusDegree, coeffModulus }, evaluator);
  return {
    fresh,
    encoding,
    rounding: rounding(2),
    keySwitch: coeffModulusBits.slice(0, -1).map((_, i) => keySwitch(i + 1)),
  };
}
