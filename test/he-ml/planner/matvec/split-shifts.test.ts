import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import {
  babyGiantCounts,
  equalRotations,
  rotationMilliseconds,
  type RotationCosts,
} from "../../../../src/he-ml/planner/matvec/rotation-costs.js";
import { rotationsOfShifts, splitShifts } from "../../../../src/he-ml/planner/matvec/split-shifts.js";

const slots = 256;
const sharing: RotationCosts = { decompose: 0.54, innerProduct: 0.13, modDown: 0.26 };
const rectangle = (down: number, right: number) =>
  Array.from({ length: down * right }, (_, i) => 16 * Math.floor(i / right) + (i % right));

test("a rectangle of shifts is cut into baby and giant steps that come to it, at the least cost for one input", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), (down, right) => {
      const shifts = rectangle(down, right);
      const one = { inputs: 1, outputs: 1, costs: sharing };
      const steps = shifts.map(splitShifts(shifts, slots, [[16, slots]], one));
      steps.forEach(({ baby, giant }, i) => expect((baby + giant) % slots).toBe(shifts[i]));
      const count = (list: readonly number[]) => new Set(list.filter((step) => step !== 0)).size;
      const counts = babyGiantCounts(count(steps.map((s) => s.baby)), count(steps.map((s) => s.giant)));
      const cost = rotationMilliseconds(sharing, counts);
      const waysByAxes = [
        [0, down * right - 1],
        [right - 1, down - 1],
        [down - 1, right - 1],
        [down * right - 1, 0],
      ].map(([babies, giants]) => rotationMilliseconds(sharing, babyGiantCounts(babies, giants)));
      expect(cost).toBeLessThanOrEqual(Math.min(...waysByAxes) + 1e-9);
      // The estimate leaves out that a rectangle cannot be cut anywhere.
      expect(rotationMilliseconds(sharing, rotationsOfShifts(shifts.length, one))).toBeLessThanOrEqual(
        cost + 1e-9,
      );
    }),
    { seed: 91, numRuns: 64 },
  );
});

test("the more inputs there are for an output, the fewer baby steps each has", () => {
  const babiesOf = (inputs: number, outputs: number) => {
    const shifts = rectangle(5, 5);
    const stepsOf = splitShifts(shifts, slots, [[16, slots]], { inputs, outputs, costs: sharing });
    return new Set(shifts.map((shift) => stepsOf(shift).baby)).size;
  };
  expect(babiesOf(1, 4)).toBeGreaterThan(babiesOf(4, 1));
});

test("where rotations share nothing, all shifts are giant steps, as inputs are packed for", () => {
  const shifts = rectangle(5, 5);
  const product = { inputs: 2, outputs: 3, costs: equalRotations };
  const stepsOf = splitShifts(shifts, slots, [[16, slots]], product);
  for (const shift of shifts) expect(stepsOf(shift)).toEqual({ baby: 0, giant: shift });
  expect(rotationsOfShifts(25, product)).toEqual({ rotations: 72, decompositions: 72, modDowns: 3 });
});
