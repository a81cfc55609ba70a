import { noiseModel } from "../crypto/noise.js";
import type { CkksParameters } from "../crypto/parameters.js";
import type { Activation } from "./activation.js";
import { ditherFactor } from "./dither-criterion.js";
import type { ErrorBudget, ErrorKind } from "./error-budget.js";

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
  /** Predicted standard deviation of the error at each stage's output, in the values' own unit. */
  readonly errors: readonly number[];
}

/** log2 of the scales that a stage goes through. */
export interface StageBits {
  /** log2 of the scale at the input, of the weights, after products, after the activation, and after rescaling. */
  readonly before: number;
  readonly weights: number;
  readonly product: number;
  readonly activated: number;
  readonly after: number;
  level: number;
}

/** log2 of the scale behind an activation, before anything is rescaled. */
export function activatedBits(activation: Activation | undefined, product: number): number {
  if (activation?.kind !== "square") return product;
  return 2 * product - Math.log2(Math.abs(activation.factor));
}

/** Bits that values up to `largest` need above the scale. */
export const magnitudeBits = (largest: number) => Math.max(0, Math.log2(Math.max(largest, 2 ** -20)));

/** SEAL's primes have at most so many bits. */
export const mostPrimeBits = 60;

/** Standard deviation of the error at each stage's output under these scales, in the values' own unit. */
export function predictErrors(
  polyModulusDegree: number,
  budget: ErrorBudget,
  scales: readonly StageBits[],
  dataBits: readonly number[],
  specialBits: number,
): number[] {
  const noise = unitNoise(polyModulusDegree, [...dataBits, specialBits]);
  const variances = scales.map(() => 0);
  for (const { kind, stage, gain, ditheredBelowBits = -Infinity } of budget.sources) {
    const { before, weights, product, activated, after, level } = scales[stage];
    const sizes: Readonly<Record<ErrorKind, number>> = {
      fresh: noise.fresh * 2 ** -before,
      encoding: noise.encoding * 2 ** -weights * (weights < ditheredBelowBits ? ditherFactor : 1),
      inputRotation: noise.keySwitch(level) * 2 ** -before,
      sumRotation: noise.keySwitch(level) * 2 ** -product,
      relinearization: noise.keySwitch(level) * 2 ** -activated,
      rescaling: activated > after ? noise.rounding * 2 ** -after : 0,
    };
    gain.forEach((meanSquare, i) => (variances[i] += meanSquare * sizes[kind] ** 2));
  }
  return variances.map(Math.sqrt);
}

/** Noise in units of 1 / scale; the primes count by their sizes only. */
function unitNoise(polyModulusDegree: number, coeffModulusBits: readonly number[]) {
  const primes = coeffModulusBits.map((bits) => BigInt(Math.round(2 ** bits)));
  const { fresh, encoding, rounding, keySwitch } = noiseModel({ polyModulusDegree, coeffModulus: primes });
  return { fresh, encoding, rounding: rounding(2), keySwitch };
}
