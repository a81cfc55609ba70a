import { modulo } from "./assemble.js";
import { splitSteps, type Radices } from "./baby-giant.js";
import {
  babiesPerGiant,
  babyGiantCounts,
  rotationMilliseconds,
  rotationsTogether,
  type RotationCosts,
  type RotationCounts,
} from "./rotation-costs.js";

/** Shifts of outputs against inputs that are packed for them: all inputs meet all outputs at each shift. */
export interface ShiftProduct {
  readonly inputs: number;
  readonly outputs: number;
  readonly costs: RotationCosts;
}

/** A shift as a rotation of the input, and one of the sum of products. */
export interface BabyAndGiant {
  readonly baby: number;
  readonly giant: number;
}

/**
 * Shifts that may be cut into baby and giant steps: where baby steps are the cheaper ones. Where rotations share nothing all
 * shifts are giant steps, as inputs are packed for: so are SEAL's plans, which are pinned.
 */
const mayBeCut = (costs: RotationCosts) => babiesPerGiant(costs) > 1;

/** About what rotations so many shifts take, 0 among them. */
export function rotationsOfShifts(shifts: number, { inputs, outputs, costs }: ShiftProduct): RotationCounts {
  const counts = (babies: number): RotationCounts =>
    [
      times(inputs, babyGiantCounts(babies - 1, 0)),
      times(outputs, babyGiantCounts(0, Math.ceil(shifts / babies) - 1)),
    ].reduce(rotationsTogether);
  let best = counts(1);
  for (let babies = 2; babies <= shifts && mayBeCut(costs); babies++) {
    const cut = counts(babies);
    if (rotationMilliseconds(costs, cut) < rotationMilliseconds(costs, best)) best = cut;
  }
  return best;
}

const times = (count: number, { rotations, decompositions, modDowns }: RotationCounts): RotationCounts => ({
  rotations: count * rotations,
  decompositions: count * decompositions,
  modDowns: count * modDowns,
});

/**
 * Cuts shifts into baby and giant steps, the cheapest way.
 *
 * @param shifts in slots, 0 among them
 * @param radices distances between rows, and between planes, that shifts are made of
 */
export function splitShifts(
  shifts: readonly number[],
  slots: number,
  radices: readonly Radices[],
  { inputs, outputs, costs }: ShiftProduct,
): (shift: number) => BabyAndGiant {
  if (!mayBeCut(costs)) return (shift) => ({ baby: 0, giant: shift });
  const diagonals = shifts.flatMap((step) =>
    Array.from({ length: inputs * outputs }, (_, pair) => ({
      input: pair % inputs,
      output: Math.floor(pair / inputs),
      step,
    })),
  );
  const { babyOf } = splitSteps(diagonals, slots, radices, costs);
  return (shift) => ({ baby: modulo(babyOf(shift), slots), giant: modulo(shift - babyOf(shift), slots) });
}
