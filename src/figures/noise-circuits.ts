import type { EvaluatorKind } from "../he-ml/crypto/evaluator-kind.js";
import { keySwitchShares, noiseModel, type NoiseModel } from "../he-ml/crypto/noise.js";
import { checkParameters, type CkksParameters } from "../he-ml/crypto/parameters.js";

/** Under what noise is measured. */
export type NoiseCase = {
  readonly evaluator: EvaluatorKind;
  readonly polyModulusDegree: number;
  readonly coeffModulusBits: readonly number[];
  readonly scaleBits: number;
};

/** What is done to a fresh ciphertext, one thing each; products of two are relinearized. */
export const noiseOperations = {
  fresh: "fresh",
  add: "add",
  multiplyPlain: "multiply plain",
  multiply: "multiply",
  rescale: "rescale",
  rotate: "rotate",
} as const;

export type NoiseOperation = keyof typeof noiseOperations;

export const operationKeys = Object.keys(noiseOperations) as NoiseOperation[];

export const parametersOf = ({ polyModulusDegree, coeffModulusBits, scaleBits }: NoiseCase): CkksParameters =>
  checkParameters({ polyModulusDegree, coeffModulusBits: [...coeffModulusBits], scaleBits });

/** The last prime of a level, as a number. */
export const primeAt = ({ coeffModulus }: CkksParameters, level: number): number =>
  Number(coeffModulus[level - 1]);

/** The root mean square of values that are uniform in ±1. */
const uniform = Math.sqrt(1 / 3);

/** Its key switches as they show in all slots but slot 0. */
function modelOf(parameters: CkksParameters, evaluator: EvaluatorKind): NoiseModel {
  const model = noiseModel(parameters, evaluator);
  const { others } = keySwitchShares(evaluator, parameters.slots);
  return { ...model, keySwitch: (level) => others * model.keySwitch(level) };
}

/**
 * Standard deviations of the error in the real part of a slot, times the scale, after one operation on fresh ciphertexts
 * of values that are uniform in ±1. What rounding an encoded vector does is real in every slot, and so is in full in a product
 * with real values; of other noise the real part is.
 *
 * SEAL's fresh noise has a little more than the model's 3.2, namely √10.5, log2 of which is 0.018 larger: it is drawn from a centred
 * binomial distribution. SEAL 4.1.2, native/src/seal/util/rlwe.cpp, sample_poly_cbd.
 */
export function predictedOperations(given: NoiseCase): Readonly<Record<NoiseOperation, number>> {
  const parameters = parametersOf(given);
  const { fresh, encoding, rounding, keySwitch } = modelOf(parameters, given.evaluator);
  const { levels } = parameters;
  const scale = 2 ** given.scaleBits;
  const prime = primeAt(parameters, levels);
  // The plaintext's scale is the prime, by which the rescale divides again.
  const multiplyPlain = Math.hypot(prime * uniform * fresh, scale * uniform * encoding, fresh * encoding);
  return {
    fresh,
    add: Math.SQRT2 * fresh,
    multiplyPlain,
    multiply: Math.hypot(Math.SQRT2 * scale * uniform * fresh, Math.SQRT2 * fresh ** 2, keySwitch(levels)),
    rescale: Math.hypot(multiplyPlain / prime, rounding(2)),
    rotate: Math.hypot(fresh, keySwitch(levels)),
  };
}

/**
 * The same after 0, 1, … products: values of ±1 are squared, relinearized and rescaled, until one prime is left. A square has the
 * error twice.
 */
export function predictedDepth(given: NoiseCase): number[] {
  const parameters = parametersOf(given);
  const { fresh, rounding, keySwitch } = modelOf(parameters, given.evaluator);
  const noise = [fresh];
  let scale = 2 ** given.scaleBits;
  for (let level = parameters.levels; level > 1; level--) {
    const prime = primeAt(parameters, level);
    const squared = Math.hypot(2 * scale * noise.at(-1)!, keySwitch(level));
    noise.push(Math.hypot(squared / prime, rounding(2)));
    scale = scale ** 2 / prime;
  }
  return noise;
}
