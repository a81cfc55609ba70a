import { expect, test } from "@jest/globals";
import { multiplyMod } from "../../../../src/notebook/exercises/lesson-01/multiply-mod.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

const product =
  (wrap: bigint) =>
  (a: bigint[], b: bigint[]): bigint[] => {
    const result = new Array<bigint>(8).fill(0n);
    for (let i = 0; i < 8; i++)
      for (let j = 0; j < 8; j++) result[(i + j) % 8] += a[i] * b[j] * (i + j < 8 ? 1n : wrap);
    return result;
  };

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(multiplyMod, product(-1n), seed)).toEqual({
      passed: true,
      says: "3 products modulo X⁸ + 1",
    });
  }
  await expectUntouchedRefused(multiplyMod);
});

test.each<[string, (a: bigint[], b: bigint[]) => unknown, RegExp]>([
  [
    "the other sign",
    product(1n),
    /^\[0, .*\]: coefficient \d is -?\d+, expected -?\d+: the sign of X⁸, which is −1 and not 1$/,
  ],
  ["powers lost", product(0n), /: what lands at X⁸ and beyond is lost/],
  ["place by place", (a, b) => a.map((x, i) => x * b[i]), /: these are products place by place/],
  [
    "nothing folded",
    () => new Array(15).fill(0n),
    /^multiply returned all 15 coefficients; those from X⁸ on/,
  ],
  [
    "numbers",
    () => new Array(8).fill(0),
    /^multiply: expected a list of 8 bigints, got 0 at 0; write 0n for 0/,
  ],
  ["a text", () => "1", /^multiply: expected a list of 8 bigints, got '1'; return a list$/],
  ["a bug", (a) => [a[9] + 1n], /^multiply threw TypeError: Cannot mix BigInt/],
])("%s: refused, and why", (_, answer, says) => expectRefused(multiplyMod, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(multiplyMod, product(-1n))).toMatchObject({ passed: false });
});
