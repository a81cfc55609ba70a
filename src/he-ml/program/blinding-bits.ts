import { modulusBits } from "../crypto/parameters.js";
import type { Plan } from "../planner/plan.js";
import type { Program } from "./program.js";

/** More would only cost precision: doubles have 53 bits for noise and values together. */
const mostBits = 20;
/** Bits of a double that are left of a number so much larger, after the encoder's transform. */
const doubleBits = 48;
/** log2 of the probability that noise leaves its half of the modulus in any coefficient of an answer. */
const overflowBits = -40;

/**
 * log2 of how many times larger than the largest partial sum the noise is that blinds an answer.
 *
 * Noise that is uniform in ±B in N / 2 slots has coefficients of standard deviation B / √(3N), which are close to normal: B
 * may be that much larger than the room there is for a value, at no cost in levels. Half of the room is the values'.
 *
 * @returns a whole number; negative where nothing can be blinded
 */
export function blindingBits(plan: Plan): number {
  const { parameters, end, stages } = plan;
  const { polyModulusDegree } = parameters;
  const { predictedError } = stages.at(-1)!;
  const room = modulusBits(parameters, end.level) - 2 - Math.log2(end.scale);
  // P(|x| > tσ) < 2·exp(−t²/2) for a normal x, in any of N coefficients.
  const deviations = Math.sqrt(2 * (Math.log(2 * polyModulusDegree) - overflowBits * Math.LN2));
  const fits = room + Math.log2(Math.sqrt(3 * polyModulusDegree) / deviations);
  const precise = doubleBits + Math.log2(Math.max(predictedError, Number.MIN_VALUE));
  const largest = Math.log2(largestSlot(plan));
  return Math.floor(Math.min(mostBits, fits - largest, precise - largest));
}

/** Largest magnitude in any slot of the last stage's output. */
export function largestSlot({ stages }: Plan): number {
  const { largestOutput, leftovers } = stages.at(-1)!;
  return largestOutput * Math.max(1, ...leftovers.map(Math.abs));
}

/** Whether a program's answer is the model's, and not for another program to go on with. */
export function isBlinded({ model, layers, plan }: Pick<Program, "model" | "layers" | "plan">): boolean {
  return plan !== undefined && layers.at(-1) === model.layers.length - 1 && blindingBits(plan) >= 0;
}
