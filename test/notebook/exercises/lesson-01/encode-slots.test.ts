import { expect, test } from "@jest/globals";
import { complex, encode, interpolateSlots, type Complex } from "../../../../src/he-ml/toy-ckks/index.js";
import { encodeSlots } from "../../../../src/notebook/exercises/lesson-01/encode-slots.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

const solution = (values: Complex[], scale: number) => [...encode(values, { slots: 4, scale }).polynomial];
const rounded = (coefficients: readonly number[], round: (value: number) => number) =>
  coefficients.map((coefficient) => BigInt(round(coefficient)));
const scaled = (values: readonly Complex[], scale: number) => interpolateSlots(values).map((c) => c * scale);

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(encodeSlots, solution, seed)).toEqual({
      passed: true,
      says: "3 polynomials, each coefficient within ½",
    });
  }
  await expectUntouchedRefused(encodeSlots);
});

test.each<[string, (values: Complex[], scale: number) => unknown, RegExp]>([
  [
    "right, and not within the bound",
    (values, scale) => rounded(scaled(values, scale), Math.trunc),
    /^coefficient \d is -?\d+, and -?\d+\.\d{3} is to be rounded to the nearest; cutting off doubles the error$/,
  ],
  [
    "rounded before scaling",
    (values, scale) => rounded(scaled(values, 1), Math.round).map((c) => c * BigInt(scale)),
    /^at scale \d+, slot .*: rounded before it was multiplied by the scale; multiply first, then round$/,
  ],
  [
    "the sum rounded before scaling",
    (values, scale) => rounded(scaled(values, 4), Math.round).map((c) => (c * BigInt(scale)) / 4n),
    /: rounded before it was multiplied by the scale/,
  ],
  [
    "without 2/N",
    (values, scale) => solution(values, 4 * scale),
    /^at scale \d+, slot \d decodes to \S.*, expected \S.* within 0\.\d+: 4 times too large, for the factor 2\/N is missing$/,
  ],
  [
    "with 1/N",
    (values, scale) => solution(values, scale / 2),
    /: half as large; the conjugate slots count, too/,
  ],
  ["without the scale", (values) => solution(values, 1), /: the scale is missing$/],
  [
    "the conjugate",
    (values, scale) =>
      solution(
        values.map(({ re, im }) => complex(re, -im)),
        scale,
      ),
    /: the conjugate, for ζ\^\(e·j\) stands where ζ\^\(−e·j\) should$/,
  ],
  [
    "real parts alone",
    (values, scale) =>
      solution(
        values.map(({ re }) => complex(re)),
        scale,
      ),
    /: the imaginary parts are lost$/,
  ],
  [
    "zeros",
    () => new Array(8).fill(0n),
    /^at scale \d+, slot \d decodes to 0\.000, expected \S.* within \S+$/,
  ],
  [
    "numbers",
    (values, scale) => scaled(values, scale),
    /^encode: expected a list of 8 bigints, got -?\d\S* at 0/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(encodeSlots, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(encodeSlots, solution)).toMatchObject({ passed: false });
});
