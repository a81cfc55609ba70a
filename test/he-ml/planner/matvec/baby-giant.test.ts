import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { splitSteps, type DiagonalStep } from "../../../../src/he-ml/planner/matvec/baby-giant.js";
import {
  babyGiantCounts,
  rotationMilliseconds,
  rotationsTogether,
  type RotationCosts,
} from "../../../../src/he-ml/planner/matvec/rotation-costs.js";

const period = 256;
const radices = [
  [period, 2 * period],
  [8, 64],
  [16, period],
] as const;

/** Diagonals of one or two inputs and outputs, each once. */
const diagonals = fc.uniqueArray(
  fc.record({ input: fc.nat(1), output: fc.nat(1), step: fc.nat(period - 1) }),
  { minLength: 1, maxLength: 60, selector: ({ input, output, step }) => [input, output, step].join() },
);

function rotationsOf(list: readonly DiagonalStep[], babyOf: (step: number) => number): number {
  const babies = new Set<string>();
  const giants = new Set<string>();
  for (const { input, output, step } of list) {
    const baby = babyOf(step);
    const giant = step - baby;
    if (baby % period !== 0) babies.add(`${input},${((baby % period) + period) % period}`);
    if (giant % period !== 0) giants.add(`${output},${((giant % period) + period) % period}`);
  }
  return babies.size + giants.size;
}

test("random diagonals: rotations are counted right, and never more than rotating for each diagonal", () => {
  fc.assert(
    fc.property(diagonals, (list) => {
      const { rotations, babyOf } = splitSteps(list, period, radices);
      expect(rotationsOf(list, babyOf)).toBeLessThanOrEqual(rotations);
      const single = new Set(
        list.filter(({ step }) => step !== 0).map(({ input, step }) => `${input},${step}`),
      );
      expect(rotations).toBeLessThanOrEqual(single.size);
    }),
    { seed: 61, numRuns: 150 },
  );
});

test.each([4, 9, 16, 25, 64, 100])("%p steps in a row take at most 2√d rotations", (count) => {
  const row = Array.from({ length: count }, (_, step) => ({ input: 0, output: 0, step }));
  const { rotations, babyOf } = splitSteps(row, period, radices);
  expect(rotations).toBeLessThanOrEqual(2 * Math.sqrt(count));
  expect(rotationsOf(row, babyOf)).toBe(rotations);
});

test("a rectangle of columns, rows and planes takes about 2√d rotations", () => {
  const box = Array.from({ length: 100 }, (_, i) => ({
    input: 0,
    output: 0,
    step: (i % 5) + 8 * (Math.floor(i / 5) % 5) + 64 * Math.floor(i / 25),
  }));
  expect(splitSteps(box, period, radices).rotations).toBeLessThanOrEqual(19);
});

test("no step, no rotation", () => {
  const { rotations, babyOf } = splitSteps([{ input: 0, output: 0, step: 0 }], period, radices);
  expect([rotations, babyOf(0)]).toEqual([0, 0]);
});

describe("rotations that share work", () => {
  const sharing: RotationCosts = { decompose: 0.54, innerProduct: 0.13, modDown: 0.26 };

  /** As the split counts steps: forwards and backwards around the period are two. */
  function costOf(list: readonly DiagonalStep[], babyOf: (step: number) => number, costs: RotationCosts) {
    const steps = new Map<string, Set<number>>();
    const add = (name: string, step: number) => steps.set(name, (steps.get(name) ?? new Set()).add(step));
    const centred = list.some(({ step }) => babyOf(step) > step);
    for (const { input, output, step } of list) {
      add(`baby ${input}`, babyOf(step));
      add(`giant ${output}`, (centred && step >= period / 2 ? step - period : step) - babyOf(step));
    }
    const counts = [...steps].map(([name, all]) => {
      const count = [...all].filter((step) => step !== 0).length;
      return name.startsWith("baby") ? babyGiantCounts(count, 0) : babyGiantCounts(0, count);
    });
    return rotationMilliseconds(costs, counts.reduce(rotationsTogether));
  }

  test("random steps from 0 up: never dearer than with the fewest rotations", () => {
    let cheaper = 0;
    const ahead = diagonals.map((list) =>
      list.map((diagonal) => ({ ...diagonal, step: diagonal.step >> 1 })),
    );
    fc.assert(
      fc.property(ahead, (list) => {
        const [fewest, cheapest] = [undefined, sharing].map((costs) => {
          const { babyOf } = splitSteps(list, period, radices, costs);
          return costOf(list, babyOf, sharing);
        });
        expect(cheapest).toBeLessThanOrEqual(fewest + 1e-9);
        if (cheapest < fewest - 1e-9) cheaper++;
      }),
      { seed: 62, numRuns: 100 },
    );
    expect(cheaper).toBeGreaterThan(20);
  });

  test.each([36, 64, 100])("%p steps in a row take more baby steps than giant ones", (count) => {
    const row = Array.from({ length: count }, (_, step) => ({ input: 0, output: 0, step }));
    const { rotations, babyOf } = splitSteps(row, period, radices, sharing);
    const babies = new Set(row.map(({ step }) => babyOf(step))).size - 1;
    expect(babies).toBeGreaterThan(rotations - babies);
  });

  test("several outputs share the baby steps of their input: they are used the more", () => {
    const of = (outputs: number) =>
      Array.from({ length: 16 * outputs }, (_, i) => ({
        input: 0,
        output: i % outputs,
        step: Math.floor(i / outputs),
      }));
    const babiesOf = (list: readonly DiagonalStep[]) => {
      const { babyOf } = splitSteps(list, period, radices, sharing);
      return new Set(list.map(({ step }) => babyOf(step))).size;
    };
    expect(babiesOf(of(4))).toBeGreaterThan(babiesOf(of(1)));
  });
});
