import { expect, test } from "@jest/globals";
import { powerOfEight } from "../../../../src/notebook/exercises/lesson-04/power-of-eight.js";
import type { Machine } from "../../../../src/notebook/exercises/machine.js";
import { attempt, expectRefused, expectUntouchedRefused } from "../attempts.js";

const times = <C>(he: Machine<C>, a: C, b: C): C => he.rescale(he.relinearize(he.multiply(a, b)));

function squares<C>(he: Machine<C>, x: C, count = 3): C {
  let power = x;
  for (let i = 0; i < count; i++) power = times(he, power, power);
  return power;
}

function oneByOne<C>(he: Machine<C>, x: C): C {
  let [power, factor] = [x, x];
  for (let i = 1; i < 8; i++) {
    power = times(he, power, factor);
    factor = he.modSwitch(factor);
  }
  return power;
}

function neverRescaled<C>(he: Machine<C>, x: C): C {
  let power = x;
  for (let i = 0; i < 3; i++) power = he.relinearize(he.multiply(power, power));
  return power;
}

test("the solution passes with what it took, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 5; seed++) {
    expect(await attempt(powerOfEight, squares, seed)).toMatchObject({
      passed: true,
      says: expect.stringMatching(/^largest error \d.*e-[78]$/),
      cost: { multiply: 3, levels: 3, keys: 1 },
    });
  }
  await expectUntouchedRefused(powerOfEight);
});

test.each<[string, <C>(he: Machine<C>, x: C) => C, RegExp]>([
  ["right slots, too many levels", oneByOne, /^right slots, too many levels: 7, and the budget is 3$/],
  ["another power", (he, x) => squares(he, x, 2), /off by .*: it is x\^4$/],
  [
    "levels put off",
    neverRescaled,
    /^right slots on a long chain, but on one of 3 levels operation 5: multiply: scale out of bounds: expected one below the modulus 2\^\d+\.\d, got 2\^240\.0; .*; this is multiply\(relinearize\(…\), relinearize\(…\)\)$/,
  ],
  [
    "digits rescaled away",
    (he, x) => he.rescale(squares(he, x)),
    /off by .*: the result's scale is only 2\^0\.0; one rescale a product is enough$/,
  ],
  [
    "not relinearized",
    (he, x) => he.multiply(he.multiply(x, x), x),
    /^operation 2: multiply: .*relinearize it first; this is multiply\(multiply\(x, x\), x\)$/,
  ],
  [
    "a factor of another level",
    (he, x) => times(he, times(he, x, x), x),
    /^operation 4: multiply: levels 8 and 9 differ: left is rescale\(relinearize\(…\)\), right is x; modSwitch the one at 9$/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(powerOfEight, answer, says));

test("numbers in place of a circuit do not pass", async () => {
  await expectRefused(
    powerOfEight,
    () => [0.1],
    /^powerOfEight threw InputError: return: expected a ciphertext/,
  );
});
