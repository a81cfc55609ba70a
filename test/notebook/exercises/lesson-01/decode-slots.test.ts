import { expect, test } from "@jest/globals";
import { decode, slotExponents, type Complex } from "../../../../src/he-ml/toy-ckks/index.js";
import { decodeSlots } from "../../../../src/notebook/exercises/lesson-01/decode-slots.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

const evaluated =
  (exponents: readonly number[]) =>
  (polynomial: bigint[], scale: number): Complex[] =>
    exponents.map((e) => {
      const sum = (part: (angle: number) => number) =>
        polynomial.reduce((total, c, j) => total + Number(c) * part((Math.PI * e * j) / 8), 0);
      return { re: sum(Math.cos) / scale, im: sum(Math.sin) / scale };
    });
const solution = evaluated(slotExponents(8));

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(decodeSlots, solution, seed)).toEqual({
      passed: true,
      says: "3 polynomials, all 4 slots of each",
    });
  }
  await expectUntouchedRefused(decodeSlots);
});

test.each<[string, (polynomial: bigint[], scale: number) => unknown, RegExp]>([
  [
    "without the scale",
    (polynomial) => solution(polynomial, 1),
    /^slot 0 is \S.*, expected \S.*: it is not yet divided by the scale$/,
  ],
  [
    "conjugates",
    evaluated(slotExponents(8).map((e) => 16 - e)),
    /: the conjugates, which are the values at ζ\^\(−e\)$/,
  ],
  [
    "roots in the order of their angles",
    evaluated([1, 3, 5, 7]),
    /^slot 2 is .*: these are the values at ζ, ζ³, ζ⁵ and ζ⁷; slots go by powers of 3$/,
  ],
  [
    "coefficients as slots",
    (polynomial, scale) => polynomial.slice(0, 4).map((c) => ({ re: Number(c) / scale, im: 0 })),
    /^slot 0 is .*, expected .*: these are coefficients; a slot is the polynomial's value at ζ\^e$/,
  ],
  [
    "coefficients as they are",
    (polynomial) => polynomial.slice(0, 4).map((c) => ({ re: Number(c), im: 0 })),
    /: these are coefficients; /,
  ],
  [
    "coefficients as parts of slots",
    (polynomial, scale) =>
      [0, 2, 4, 6].map((j) => ({ re: Number(polynomial[j]) / scale, im: Number(polynomial[j + 1]) / scale })),
    /: these are coefficients; /,
  ],
  [
    "twice the angle",
    evaluated(slotExponents(8).map((e) => 2 * e)),
    /: the angle is twice too large; it is π·e·j\/8$/,
  ],
  [
    "half the angle",
    evaluated(slotExponents(8).map((e) => e / 2)),
    /: the angle is half as large as it should be; it is π·e·j\/8$/,
  ],
  [
    "exponents counted from 0",
    evaluated([0, 1, 2, 3]),
    /: these are the values at ζ⁰, ζ¹, ζ² and ζ³; the exponents are 1, 3, 9 and 11$/,
  ],
  [
    "exponents counted from 1",
    evaluated([1, 2, 3, 4]),
    /: these are the values at ζ¹, .* the exponents are 1, 3, 9/,
  ],
  ["zeros", () => new Array(4).fill({ re: 0, im: 0 }), /^slot 0 is \S+, expected [^:]*$/],
  [
    "real parts only",
    (polynomial, scale) => decode({ polynomial, scale }).map(({ re }) => re),
    /^decode: expected complex numbers as \{ re, im \}, got -?\d\S* in slot 0; give both as finite numbers$/,
  ],
  [
    "too few slots",
    (polynomial, scale) => solution(polynomial, scale).slice(1),
    /^decode: expected 4 answers/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(decodeSlots, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(decodeSlots, solution)).toMatchObject({ passed: false });
});
