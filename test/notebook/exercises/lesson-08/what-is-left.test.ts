import { expect, test } from "@jest/globals";
import { whatIsLeft } from "../../../../src/notebook/exercises/lesson-08/what-is-left.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";
import { dataBits, inCkks, leftBy, specialBits } from "./what-is-left.js";

// Answers that are wrong in CKKS: nothing is encrypted before they are refused.

test("the untouched exercise is refused", () => expectUntouchedRefused(whatIsLeft));

test.each<[string, typeof inCkks, RegExp]>([
  [
    "no prime dropped",
    (circuit) => inCkks({ ...circuit, squares: 0 }) - (2 ** circuit.squares - 1) * Math.log2(circuit.largest),
    /: each square is rescaled, and that drops a prime$/,
  ],
  [
    "the special prime counted",
    (circuit) => inCkks(circuit) + specialBits(circuit),
    /: the last prime is the special one, which no ciphertext has$/,
  ],
  [
    "the largest input for the largest result",
    (circuit) => inCkks(circuit) + (2 ** circuit.squares - 1) * Math.log2(circuit.largest),
    /: the largest input is not the largest result, which is its power 4$/,
  ],
  [
    "no values",
    (circuit) => inCkks(circuit) + 2 ** circuit.squares * Math.log2(circuit.largest),
    /: the values take room, too, not only their scale$/,
  ],
  ["no sign", (circuit) => inCkks(circuit) + 1, /: the sign takes one bit$/],
  [
    "no scale",
    (circuit) => inCkks(circuit) + circuit.scaleBits,
    /: the scale itself takes room: what is left is above it$/,
  ],
  [
    "all data primes",
    dataBits,
    /^CKKS, N = 16384, \[.* \| 60\], scale 2\^\d+, .*: \d+\.0 bits, and there are \d+\.\d$/,
  ],
])("%s: refused, and why", async (_, ckks, says) => {
  for (let seed = 0; seed < 5; seed++) {
    const verdict = await attempt(whatIsLeft, leftBy({ ckks }), seed);
    expect(verdict.says).toMatch(says);
    expect(verdict.passed).toBe(false);
  }
});

test("no number: refused, and why", () =>
  expectRefused(whatIsLeft, () => NaN, /^whatIsLeft: expected finite numbers, got (?:NaN|null) at 0/));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(whatIsLeft, leftBy())).toMatchObject({ passed: false });
});
