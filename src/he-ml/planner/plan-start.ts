import type { LevelAndScale } from "../crypto/ciphertext.js";
import { formatChain, modulusBits, type CkksParameters } from "../crypto/parameters.js";
import { requireSlotLayout, slotOfEachValue, type SlotLayout } from "../crypto/slot-layout.js";
import { InputError } from "../errors.js";
import { sizeOf, type Shape } from "../tensor/tensor.js";
import type { FullSlotLayout } from "./layout/full-slot-layout.js";
import type { Leftovers } from "./errors/error-budget.js";

/** Ciphertexts that a plan's last stage left, for another plan to go on with. */
export interface PlanStart extends LevelAndScale {
  readonly parameters: CkksParameters;
  /**
   * Which slot holds which value. Slots that hold none (−1, or cut off at the end) are not empty: partial sums and the
   * like may be left over in them.
   */
  readonly slotLayout: SlotLayout;
  /** Predicted standard deviation of the error in the values, in their own unit; taken to be independent in each slot. */
  readonly predictedError: number;
  /** What lies in the slots, those that hold no value included; up to 8 times the largest value if left out. */
  readonly leftovers?: Leftovers;
}

export const defaultLeftovers: Leftovers = [-8, 8];

/**
 * The slots of a start, those that were cut off included.
 *
 * @param shape of one image that the first planned layer reads
 * @throws InputError unless the start can stand on its chain and holds each value of the shape
 */
export function startLayout(start: PlanStart, shape: Shape): FullSlotLayout {
  const { parameters, slotLayout } = start;
  requireState(start);
  const size = sizeOf(shape);
  try {
    requireSlotLayout(slotLayout, size, parameters.slots);
    slotOfEachValue(slotLayout, size);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `plan: start: ${error.message}; give the output layout of the plan before, for the first planned layer's input ` +
        `[${shape.join(", ")}]`,
    );
  }
  return slotLayout.map((held) => {
    const slots = new Int32Array(parameters.slots).fill(-1);
    slots.set(Int32Array.from(held));
    return slots;
  });
}

/** @throws InputError if parameters are given beside the start's, and have another chain */
export function requireSameChain(start: PlanStart, parameters: CkksParameters | undefined): void {
  if (!parameters || parameters.coeffModulus.join() === start.parameters.coeffModulus.join()) return;
  throw new InputError(
    `plan: expected parameters with the start's chain ${formatChain(start.parameters)}, ` +
      `got ${formatChain(parameters)} at polyModulusDegree ${parameters.polyModulusDegree}; leave the parameters out`,
  );
}

function requireState({
  parameters,
  level,
  scale,
  predictedError,
  leftovers = defaultLeftovers,
}: PlanStart): void {
  if (!Number.isInteger(level) || level < 1 || level > parameters.levels) {
    throw new InputError(
      `plan: start: expected a level from 1 to ${parameters.levels} of ${formatChain(parameters)}, got ${level}; ` +
        `give the level at which the plan before ends`,
    );
  }
  const room = modulusBits(parameters, level);
  if (!(scale > 0 && Math.log2(scale) < room)) {
    throw new InputError(
      `plan: start: expected a scale within the ${room.toFixed(0)} bits left at level ${level} of ` +
        `${formatChain(parameters)}, got ${scale > 0 ? `2^${Math.log2(scale).toFixed(1)}` : scale}; ` +
        `give the scale at which the plan before ends`,
    );
  }
  if (!(predictedError >= 0 && Number.isFinite(predictedError))) {
    throw new InputError(
      `plan: start: expected a predicted error of 0 or more, got ${predictedError}; give that of the plan before`,
    );
  }
  const [least, largest] = leftovers;
  if (leftovers.length !== 2 || !(least <= largest && Number.isFinite(largest - least))) {
    throw new InputError(
      `plan: start: expected leftovers [least, largest], got [${leftovers.join(", ")}]; ` +
        `give those of the plan before, or leave them out`,
    );
  }
}
