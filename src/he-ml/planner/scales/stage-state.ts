import type { LevelAndScale } from "../../crypto/ciphertext.js";
import { lastPrime, type CkksParameters } from "../../crypto/parameters.js";
import { PolynomialPlanner, type PolynomialPlan } from "../../layers/functional/polynomial-plan.js";
import type { Activation } from "../stages/activation.js";
import type { LinearTransform } from "../matvec/linear-transform.js";
import type { StageBits, StageScales } from "./stage-scales.js";

/** A planned stage as far as levels and scales go. */
export interface ScaledStage extends StageScales {
  readonly transform?: Pick<LinearTransform, "divisor">;
  readonly activation?: Activation;
}

export interface StageStates {
  /** Where sums of products stand, and biases are added. */
  readonly product: LevelAndScale;
  /** After divisions by primes before the activation, and after the activation. */
  readonly divided: LevelAndScale;
  readonly activated: LevelAndScale;
  /** How an activation of higher degree than 2 is computed. */
  readonly polynomial?: PolynomialPlan;
  /** Where the stage leaves its outputs. */
  readonly output: LevelAndScale;
}

/**
 * The levels and scales that a stage goes through, worked out without an evaluator.
 *
 * @param input where the stage's input stands
 * @throws ChainTooShortError if the chain cannot carry a polynomial activation
 */
export function stageStates(
  parameters: CkksParameters,
  { transform, weightScaleBits, activation, rescalesBefore, rescales }: ScaledStage,
  input: LevelAndScale,
): StageStates {
  const product = productState(input, weightScaleBits, transform?.divisor);
  const divided = rescaledState(parameters, product, rescalesBefore);
  const { state: activated, polynomial } = activatedState(parameters, activation, divided);
  const output = rescaledState(parameters, activated, rescales);
  return { product, divided, activated, polynomial, output };
}

/** The scales of these states, as log2. @param weights log2 of the weights' scale */
export function bitsOf(
  input: LevelAndScale,
  weights: number,
  { product, divided, activated, output }: Omit<StageStates, "polynomial">,
  activation: Activation | undefined,
): StageBits {
  return {
    before: Math.log2(input.scale),
    weights,
    product: Math.log2(product.scale),
    activated: Math.log2((activation?.kind === "polynomial" ? divided : activated).scale),
    after: Math.log2(output.scale),
    dividedBefore: divided.level < product.level ? Math.log2(divided.scale) : undefined,
    level: input.level,
  };
}

/** Level and scale of a stage's output. @throws ChainTooShortError as `stageStates` */
export function stageOutputState(
  parameters: CkksParameters,
  stage: ScaledStage,
  input: LevelAndScale,
): LevelAndScale {
  return stageStates(parameters, stage, input).output;
}

/** After products with weights, whose scale is 1 where there are none, and a division that is only declared. */
export function productState(
  { level, scale }: LevelAndScale,
  weightScaleBits: number,
  divisor = 1,
): LevelAndScale {
  return { level, scale: scale * 2 ** weightScaleBits * divisor };
}

/** After an activation, before anything is rescaled. */
export function activatedState(
  parameters: CkksParameters,
  activation: Activation | undefined,
  { level, scale }: LevelAndScale,
): { readonly state: LevelAndScale; readonly polynomial?: PolynomialPlan } {
  if (!activation) return { state: { level, scale } };
  if (activation.kind === "square") {
    return { state: { level, scale: scale ** 2 / Math.abs(activation.factor) } };
  }
  const polynomial = new PolynomialPlanner(parameters, activation.layer, { level, scale }).plan();
  return { state: polynomial.output, polynomial };
}

/** After so many divisions by the last prime that is left. */
export function rescaledState(
  parameters: CkksParameters,
  { level, scale }: LevelAndScale,
  times: number,
): LevelAndScale {
  let state = { level, scale };
  for (let i = 0; i < times; i++) {
    state = { level: state.level - 1, scale: state.scale / lastPrime(parameters, state.level) };
  }
  return state;
}
