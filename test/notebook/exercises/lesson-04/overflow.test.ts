import { expect, test } from "@jest/globals";
import { overflow } from "../../../../src/notebook/exercises/lesson-04/overflow.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

interface Room {
  modulus: bigint;
  scale: number;
}
const times =
  (factor: number) =>
  ({ modulus, scale }: Room): [number, number] => {
    const value = Math.sqrt((factor * Number(modulus)) / (2 * scale ** 2));
    return [value, value];
  };

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++)
    expect(await attempt(overflow, times(2), seed)).toMatchObject({ passed: true });
  await expectUntouchedRefused(overflow);
});

test.each<[string, (room: Room) => unknown, RegExp]>([
  [
    "a product that fits",
    times(0.5),
    /^Q = 2\^\d+\.\d, Δ = 2\^\d+: the product is \S+, and fits: the room, the largest product that fits, is Q\/\(2Δ²\) = \S+$/,
  ],
  ["factors that do not fit", ({ modulus }) => [Number(modulus), 1], /does not even fit by itself/],
  [
    "far too large",
    times(100),
    /wraps around, but is 100 times the room; find one of at most 4 times. The room, .*, is Q\/\(2Δ²\) = /,
  ],
  ["one number", () => [1], /^overflow: expected a list of 2 numbers, got 1 of them/],
  ["not finite", () => [Number.NaN, 1], /^overflow: expected finite numbers, got NaN at 0/],
])("%s: refused, and why", (_, answer, says) => expectRefused(overflow, answer, says));

test("at a border the same answer gets the same verdict, however roots round", async () => {
  for (let seed = 0; seed < 50; seed++) {
    expect(await attempt(overflow, times(1), seed)).toEqual({
      passed: false,
      says: expect.stringMatching(/: the product \S+ is just at the border, Q\/\(2Δ²\); take a little more$/),
      hint: 1,
    });
    expect(await attempt(overflow, times(4), seed)).toMatchObject({ passed: true });
  }
});

test("a product that is too large does not bring on the last hint", async () => {
  expect(await attempt(overflow, times(5))).toMatchObject({ passed: false, hint: 2 });
});

test("what the last run accepted does not pass, nor does one pair for all", async () => {
  expect(await replayAttempt(overflow, times(2))).toMatchObject({ passed: false });
  const [value] = times(2)({ modulus: 2n ** 32n, scale: 2 ** 14 });
  expect(await attempt(overflow, () => [value, value])).toMatchObject({ passed: false });
});
