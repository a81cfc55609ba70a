import { expect, test } from "@jest/globals";
import { seededRandom } from "../../../../src/he-ml/toy-ckks/index.js";
import type { Drawn } from "../../../../src/notebook/exercises/exercise.js";
import { floodBits, type Showing } from "../../../../src/notebook/exercises/lesson-09/flood-bits.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

const bitsFor = ({ answers }: Showing) => Math.ceil(Math.log2(Math.sqrt(answers)));
const most = ({ n, sigma, scale, tolerance }: Showing) =>
  Math.floor(Math.log2((tolerance * scale) / (sigma * Math.sqrt(n / 2))));

test("the solution passes, so does the most that the tolerance allows, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 5; seed++) {
    expect(await attempt(floodBits, bitsFor, seed)).toEqual({
      passed: true,
      says: "the key was not found, and all values are as precise as wanted",
    });
    expect(await attempt(floodBits, most, seed)).toMatchObject({ passed: true });
  }
  await expectUntouchedRefused(floodBits);
});

test.each<[string, (showing: Showing) => unknown, RegExp]>([
  [
    "no flood",
    () => 0,
    /flooded with 0 bits: the key (was found|is nearly there): in the mean of all answers/,
  ],
  [
    "one bit too few",
    (showing) => bitsFor(showing) - 1,
    /the key is nearly there: .* 1\.6 of the noise is left/,
  ],
  [
    "log2 of the answers",
    ({ answers }) => Math.log2(answers),
    /and \S+ is allowed: a mean of n has √n less noise, and not n times less/,
  ],
  [
    "all that a coefficient allows",
    ({ sigma, scale, tolerance }) => Math.floor(Math.log2((tolerance * scale) / sigma)),
    /: a shown value is off by/,
  ],
  [
    "no whole number",
    (showing) => bitsFor(showing) + 0.5,
    /: expected a whole number of bits, 0 or more; round it up$/,
  ],
  ["a text", () => "many", /^floodBits: expected a list of 8 numbers/],
])("%s: refused, and why", (_, answer, says) => expectRefused(floodBits, answer, says));

test("what is right for one number of answers finds the key for 1024", async () => {
  for (let seed = 0; seed < 9; seed++) {
    const { says, passed } = await attempt(floodBits, () => 0, seed);
    expect(passed).toBe(false);
    if (says.startsWith("1024"))
      expect(says).toMatch(/^1024 answers, flooded with 0 bits: the key was found/);
  }
});

test("what the last run expected does not pass, nor what any of many runs did, nor one number for all", async () => {
  expect(await replayAttempt(floodBits, bitsFor)).toMatchObject({ passed: false });
  const expected = Array.from({ length: 300 }, (_, seed) => {
    const { question } = floodBits.draw(seededRandom(seed)) as Drawn<readonly Showing[], unknown>;
    return question.map(bitsFor).join();
  });
  expect(new Set(expected).size).toBe(expected.length);
  expect(expected.filter((bits) => new Set(bits.split(",")).size === 1)).toEqual([]);
});
