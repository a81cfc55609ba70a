import { expect, test } from "@jest/globals";
import { lenetLayout, type LayoutByHand } from "../../../../src/notebook/exercises/lesson-07/lenet-layout.js";
import { attempt, expectRefused, expectUntouchedRefused } from "../attempts.js";
import { byPhases, inRows } from "./layouts.js";

const changed = (change: (layout: LayoutByHand) => Partial<LayoutByHand>) => () => {
  const layout = byPhases();
  return { ...layout, ...change(layout) };
};

test("the solution passes with what it took, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 3; seed++) {
    expect(await attempt(lenetLayout, byPhases, seed)).toEqual({
      passed: true,
      says: "42 rotations (conv1 10, conv2 20, fc1 12)",
      cost: { rotate: 42 },
    });
  }
  await expectUntouchedRefused(lenetLayout);
});

test("right logits in too many rotations are refused", async () => {
  expect(await attempt(lenetLayout, inRows)).toMatchObject({
    passed: false,
    hint: 2,
    says: "right logits, too many rotations: 58 rotations (conv1 8, conv2 35, fc1 15), and the budget is 50",
  });
});

test("a pooling may be left to the products, which then need more steps", async () => {
  const fused = changed(({ fc1 }) => ({
    fc1: { ...fc1, sums: [1, 16], folds: [2, 4, 32, 64] },
  }));
  expect(await attempt(lenetLayout, fused)).toMatchObject({ passed: true, cost: { rotate: 42 } });
});

test.each<[string, () => unknown, RegExp]>([
  [
    "a step too few",
    changed(({ conv2 }) => ({ conv2: { ...conv2, giants: conv2.giants.slice(1) } })),
    /^conv2: output 0 in slot 0 does not reach its input \d+: no baby step plus giant step makes \d+/,
  ],
  [
    "two pixels in one slot",
    changed(() => ({ image: (y, x) => 16 * y + x })),
    /^image: slot 16 is to hold both value 16 and value 28; a slot holds one number$/,
  ],
  [
    "sums that are not the layout's",
    changed(({ conv2 }) => ({ conv2: { ...conv2, sums: [1, 32] } })),
    /^conv2: sums 1, 32 add up no slots that hold just the 4 pixels of pooled value 0/,
  ],
  [
    "sums where nothing is pooled",
    changed(({ conv1 }) => ({ conv1: { ...conv1, sums: [1] } })),
    /^conv1: no pooling stands before it; leave sums out$/,
  ],
  [
    "outputs that folds mix",
    changed(({ fc1 }) => ({ fc1: { ...fc1, slotOf: (c) => c } })),
    /^fc1: slot 1 would add up parts of both output 0 and output 1; with these folds each output needs 64 slots of its own$/,
  ],
  [
    "a fold twice",
    changed(({ fc1 }) => ({ fc1: { ...fc1, folds: [1, 1] } })),
    /^fc1: the folds 1, 1 add a slot twice; each doubles what went before$/,
  ],
  [
    "folds that leave some inputs out",
    changed(({ fc1 }) => ({ fc1: { ...fc1, folds: [1, 2, 4, 16, 32] } })),
    /^fc1: output 0 in slot 0 does not reach its input \d+/,
  ],
  [
    "one copy of the image",
    changed(({ image }) => ({ image: (y, x) => [image(y, x)].flat()[0] })),
    /^conv1: output 144 in slot \d+ does not reach its input|^conv1: output \d+ in slot \d+ does not reach/,
  ],
  [
    "a slot beyond the last",
    changed(() => ({ image: () => 4096 })),
    /^lenetLayout: expected slots from 0 to 4095/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(lenetLayout, answer, says));

test("logits, as a run gives them, are no layout", async () => {
  await expectRefused(lenetLayout, () => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], /threw TypeError|expected slots/);
});
