import { expect, test } from "@jest/globals";
import { blankSpare } from "../../../../src/notebook/exercises/lesson-05/blank-spare.js";
import type { Machine } from "../../../../src/notebook/exercises/machine.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

interface Layer {
  readonly weights: readonly number[];
  readonly used: number;
  readonly level: number;
}
type Answer = <C>(he: Machine<C>, x: C, layer: Layer) => [C, number];

const kept = (used: number, value: number) =>
  Array.from({ length: 64 }, (_, slot) => (slot < used ? value : 0));

function weighted<C>(he: Machine<C>, x: C, weights: readonly number[], used = 64): C {
  const products = weights.map((weight, k) =>
    he.multiplyPlain(k === 0 ? x : he.rotate(x, k), kept(used, weight)),
  );
  return products.reduce((a, b) => he.add(a, b));
}

const solution: Answer = (he, x, { weights, used, level }) => [
  he.rescale(weighted(he, x, weights, used)),
  level,
];

test("the solution passes with what it took, and the untouched exercise is refused", async () => {
  for (const seed of [0, 1, 2]) {
    expect(await attempt(blankSpare, solution, seed)).toMatchObject({
      passed: true,
      says: "2 layers with blank spare slots, each in one level",
      cost: { levels: 1, rotate: 2, multiplyPlain: 3 },
    });
  }
  await expectUntouchedRefused(blankSpare);
});

test.each<[string, Answer, RegExp]>([
  [
    "right slots, too many levels",
    (he, x, { weights, used, level }) => {
      const sum = he.rescale(weighted(he, x, weights));
      return [he.rescale(he.multiplyPlain(sum, kept(used, 1))), level - 1];
    },
    /^right slots, too many levels: 2, and the budget is 1$/,
  ],
  [
    "the rescale left out",
    (he, x, { weights, used, level }) => [weighted(he, x, weights, used), level],
    /^right slots at a scale of 2\^60: the level is not saved, but put off; rescale once$/,
  ],
  [
    "a prime dropped without a division",
    (he, x, { weights, used, level }) => [he.modSwitch(weighted(he, x, weights, used)), level],
    /^right slots at a scale of 2\^60: the level is not saved, but put off; rescale once$/,
  ],
  [
    "nothing blanked",
    (he, x, { weights, level }) => [he.rescale(weighted(he, x, weights)), level],
    /^slot \d+ is .*, expected 0\.000: the spare slots are not blank$/,
  ],
  [
    "blanked before rotations",
    (he, x, { weights, used, level }) => {
      const blank = he.rescale(he.multiplyPlain(x, kept(used, 1)));
      return [he.rescale(weighted(he, blank, weights)), level];
    },
    /: x was blanked before the rotations, which bring slots across the border$/,
  ],
  [
    "one slot more",
    (he, x, { used, ...layer }) => solution(he, x, { ...layer, used: used + 1 }),
    /: one slot too many is kept: those to keep are 0 to \d+$/,
  ],
  [
    "another level named",
    (he, x, layer) => [solution(he, x, layer)[0], layer.level - 1],
    /^right slots, but the mask was not paid at level \d: x came at level \d, and a rescale takes the last prime that is left$/,
  ],
  [
    "the result alone",
    (he, x, layer) => solution(he, x, layer)[0] as never,
    /blankSpare: expected \[result, paid\], got something else; return both$/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(blankSpare, answer, says));

test("circuits for other layers do not pass, and numbers are no circuit", async () => {
  expect(await replayAttempt(blankSpare, solution)).toMatchObject({ passed: false });
  await expectRefused(blankSpare, () => [0.1, 3], /expected a ciphertext of this run/);
});
