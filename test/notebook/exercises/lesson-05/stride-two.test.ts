import { expect, test } from "@jest/globals";
import { strideTwo } from "../../../../src/notebook/exercises/lesson-05/stride-two.js";
import type { Machine } from "../../../../src/notebook/exercises/machine.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Answer = <C>(he: Machine<C>, pack: (layout: number[]) => C, weights: readonly number[]) => C;

const evenThenOdd = Array.from({ length: 64 }, (_, slot) => (slot < 32 ? 2 * slot : 2 * slot - 63));
const inOrder = Array.from({ length: 64 }, (_, slot) => slot);

const sum = <C>(he: Machine<C>, terms: readonly C[]): C => terms.reduce((a, b) => he.add(a, b));

const solution: Answer = (he, pack, [a, b, c]) => {
  const x = pack(evenThenOdd);
  const terms = [
    he.multiplyPlain(x, a),
    he.multiplyPlain(he.rotate(x, 32), b),
    he.multiplyPlain(he.rotate(x, 1), c),
  ];
  return he.rescale(sum(he, terms));
};

/** Weights of even and odd values in one product, joined by a fold. */
const twoProducts: Answer = (he, pack, [a, b, c]) => {
  const x = pack(evenThenOdd);
  const both = he.multiplyPlain(
    x,
    inOrder.map((slot) => (slot < 32 ? a : b)),
  );
  return sum(he, [both, he.rotate(both, 32), he.multiplyPlain(he.rotate(x, 1), c)]);
};

/** Values in order: the outputs come to lie two apart. */
const spread: Answer = (he, pack, weights) => {
  const x = pack(inOrder);
  return sum(
    he,
    weights.map((weight, k) => he.multiplyPlain(k === 0 ? x : he.rotate(x, k), weight)),
  );
};

/** Values in order, and a diagonal for each distance from an output to what it reads. */
const manyDiagonals: Answer = (he, pack, weights) => {
  const x = pack(inOrder);
  const diagonals = inOrder.slice(0, 33).map((step) => {
    const values = inOrder.map((i) => (i < 31 ? (weights[step - i] ?? 0) : 0));
    return he.multiplyPlain(step === 0 ? x : he.rotate(x, step), values);
  });
  return sum(he, diagonals);
};

test("the solution passes with what it took, and the untouched exercise is refused", async () => {
  for (const seed of [0, 1, 2]) {
    expect(await attempt(strideTwo, solution, seed)).toMatchObject({
      passed: true,
      says: "31 outputs side by side in 3 diagonals",
      cost: { rotate: 2, multiplyPlain: 3, levels: 1 },
    });
  }
  expect(await attempt(strideTwo, twoProducts)).toMatchObject({
    passed: true,
    cost: { rotate: 2, multiplyPlain: 2 },
  });
  await expectUntouchedRefused(strideTwo);
});

test.each<[string, Answer, RegExp]>([
  ["outputs two apart", spread, /: outputs lie two apart: output i is in slot 2i, and belongs in slot i$/],
  [
    "right slots, too many diagonals",
    manyDiagonals,
    /^right slots, too many products with plain values: 33, and the budget is 3$/,
  ],
  [
    "weights from the other end",
    (he, pack, weights) => solution(he, pack, [...weights].reverse()),
    /: weights\[0\] belongs to value 2i, not to 2i \+ 2$/,
  ],
  [
    "a weight left out",
    (he, pack, [a, b]) => solution(he, pack, [a, b, 0]),
    /: what weights\[2\] adds is missing$/,
  ],
  [
    "values left out",
    (_, pack) => pack([0, 2, 4]),
    /^pack: expected each of the values 0 to 63 in one of 64 slots, got 3 slots with 3 different ones; /,
  ],
  ["a value twice", (_, pack) => pack(inOrder.map(() => 0)), /got 64 slots with 1 different ones/],
  ["two layouts", (_, pack) => (pack(inOrder), pack(evenThenOdd)), /pack: expected one layout, got two/],
])("%s: refused, and why", (_, answer, says) => expectRefused(strideTwo, answer, says));

test("the circuit for other weights does not pass, and numbers are no circuit", async () => {
  expect(await replayAttempt(strideTwo, solution)).toMatchObject({ passed: false });
  await expectRefused(strideTwo, () => [0.1], /expected a ciphertext of this run/);
});
