import type { LevelAndScale } from "../../crypto/ciphertext.js";
import { formatChain, modulusBits, type CkksParameters } from "../../crypto/parameters.js";
import { InputError } from "../../errors.js";
import { largestActivated } from "../stages/activation.js";
import type { ErrorBudget } from "../errors/error-budget.js";
import {
  magnitudeBits,
  predictErrors,
  type ScalePlan,
  type ScaleStage,
  type StageBits,
  type StageScales,
} from "./stage-scales.js";
import { activatedState, bitsOf, productState, rescaledState } from "./stage-state.js";

/** How scales go on a chain that is given. */
export interface ScaleRule {
  /** log2 of the scale of a stage's weights. */
  weightBits(stage: number): number;
  /** Divisions by a prime between the products and the activation of a stage, where they stand at `product`. */
  rescalesBefore(stage: number, product: LevelAndScale): number;
  /** Divisions by a prime behind the activation. */
  rescales(stage: number, activated: LevelAndScale): number;
}

/** The scales that some plan has, once more. */
export const keptScales = (planned: readonly StageScales[]): ScaleRule => ({
  weightBits: (stage) => planned[stage].weightScaleBits,
  rescalesBefore: (stage) => planned[stage].rescalesBefore,
  rescales: (stage) => planned[stage].rescales,
});

/**
 * Follows scales and levels from stage to stage, as a rule says, and predicts the errors.
 *
 * @param start where the first stage's input stands
 * @throws InputError naming the stage that the chain cannot carry
 */
export function followScales(
  parameters: CkksParameters,
  stages: readonly ScaleStage[],
  budget: ErrorBudget,
  start: LevelAndScale,
  rule: ScaleRule,
): ScalePlan {
  let input = start;
  const bits: StageBits[] = [];
  const [{ name: first, largestInput = 0 }] = stages;
  requireRoom(parameters, first, start, largestInput);
  const planned = stages.map((stage, i): StageScales => {
    const { name, products, divisor, activation, largest, largestWeight, largestBias } = stage;
    const weights = products ? rule.weightBits(i) : 0;
    requireRoom(parameters, name, { level: input.level, scale: 2 ** weights }, largestWeight);
    const product = productState(input, weights, divisor);
    requireRoom(parameters, name, product, Math.max(largest, largestBias));
    const rescalesBefore = activation ? rule.rescalesBefore(i, product) : 0;
    const divided = rescaledState(parameters, product, rescalesBefore);
    const activated = activatedState(parameters, activation, divided).state;
    const largestValue = largestActivated(activation, largest);
    requireRoom(parameters, name, activated, largestValue);
    const rescales = rule.rescales(i, activated);
    const output = rescaledState(parameters, activated, rescales);
    requireRoom(parameters, name, output, largestValue);
    bits.push(bitsOf(input, weights, { product, divided, activated, output }, activation));
    const { level } = input;
    input = output;
    return { level, weightScaleBits: weights, rescalesBefore, rescales };
  });
  const { polyModulusDegree, coeffModulusBits } = parameters;
  return {
    parameters,
    stages: planned,
    bits,
    errors: predictErrors(
      polyModulusDegree,
      budget,
      bits,
      coeffModulusBits.slice(0, -1),
      coeffModulusBits.at(-1)!,
    ),
  };
}

function requireRoom(
  parameters: CkksParameters,
  stage: string,
  { level, scale }: LevelAndScale,
  largest: number,
): void {
  const needed = Math.log2(scale) + magnitudeBits(largest) + 1;
  const room = modulusBits(parameters, level);
  if (needed < room) return;
  throw new InputError(
    `plan: stage "${stage}" needs ${Math.ceil(needed)} bits at level ${level}, ${formatChain(parameters)} has ` +
      `${room.toFixed(0)} left there; use a longer chain, smaller scales, or leave the parameters out to have them chosen`,
  );
}
