import { expect, test } from "@jest/globals";
import { seededRandom } from "../../../../src/he-ml/toy-ckks/index.js";
import { sumSlots } from "../../../../src/notebook/exercises/lesson-05/sum-slots.js";
import type { Machine } from "../../../../src/notebook/exercises/machine.js";
import { ask } from "../../../../src/notebook/exercises/respond.js";
import { attempt, expectRefused, expectUntouchedRefused } from "../attempts.js";
import type { Exercise } from "../../../../src/notebook/exercises/exercise.js";

const doubling =
  (until: number) =>
  <C>(he: Machine<C>, x: C): C => {
    let sum = x;
    for (let step = 1; step < until; step *= 2) sum = he.add(sum, he.rotate(sum, step));
    return sum;
  };

function oneByOne<C>(he: Machine<C>, x: C): C {
  let [sum, turned] = [x, x];
  for (let i = 1; i < 1024; i++) sum = he.add(sum, (turned = he.rotate(turned, 1)));
  return sum;
}

test("the solution passes with what it took, and the untouched exercise is refused", async () => {
  expect(await attempt(sumSlots, doubling(1024))).toMatchObject({
    passed: true,
    says: "the sum of 1024 slots in 10 rotations",
    cost: { rotate: 10, add: 10, keys: 10, levels: 0 },
  });
  await expectUntouchedRefused(sumSlots);
});

test("the right number in too many rotations is refused, and so is a sum of too few slots", async () => {
  expect(await attempt(sumSlots, oneByOne)).toMatchObject({
    passed: false,
    says: "right slots, too many rotations: 1023, and the budget is 10",
  });
  const says = /^slot 0 is .*, expected .*: it is the sum of 512 slots only$/;
  await expectRefused(sumSlots, doubling(512), says);
});

test("operations that ciphertexts refuse are named by their number", async () => {
  const mismatched = <C>(he: Machine<C>, x: C) => he.add(he.multiplyPlain(x, 0.5, 4), x);
  const says =
    /^operation 2: add: scales differ at level 1: left is multiplyPlain\(x, 0\.5\), scale 2\^26\.0; right is x,/;
  await expectRefused(sumSlots, mismatched, says);
});

test("what the last run expected, made-up circuits and ciphertexts of another run do not pass", async () => {
  const says = async (value: unknown) =>
    (await (await ask(sumSlots as unknown as Exercise, seededRandom(3))).judge({ value })).says;
  expect(await says(512.5)).toMatch(/^circuit: expected recorded operations, got something else/);
  expect(await says({ operations: [{ op: "rotate", a: 0, step: 1, free: true }], output: 1 })).toMatch(
    /^circuit/,
  );
  expect(await says({ operations: [{ op: "rotate", a: 7, step: 1 }], output: 1 })).toMatch(
    /^operation 1: .*earlier.*; this is rotate\(…, 1\)$/,
  );
  expect(await says({ operations: [], output: 5 })).toMatch(/expected an earlier result, got 5 of 1/);
  expect(await says({ operations: new Array(5000).fill({ op: "rescale", a: 0 }), output: 0 })).toMatch(
    /^circuit/,
  );

  let kept: unknown;
  const steal = <C>(_: Machine<C>, x: C): C => (kept = (kept as C) ?? x) as C;
  await attempt(sumSlots, steal);
  await expectRefused(sumSlots, steal, /expected a ciphertext of this run, got one of another/);
});

test("a recording without an end is stopped", async () => {
  const endless = <C>(he: Machine<C>, x: C): C => {
    for (;;) he.rotate(x, 1);
  };
  await expectRefused(
    sumSlots,
    endless,
    /^sumSlots threw InputError: rotate: expected at most 4096 operations/,
  );
});
