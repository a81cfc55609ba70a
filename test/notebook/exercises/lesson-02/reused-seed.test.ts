import { expect, test } from "@jest/globals";
import {
  decode,
  product,
  realParts,
  reducePolynomial,
  subtractPolynomials,
  type SeededCiphertext,
} from "../../../../src/he-ml/toy-ckks/index.js";
import { reusedSeed } from "../../../../src/notebook/exercises/lesson-02/reused-seed.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Eavesdrop = (first: SeededCiphertext, second: SeededCiphertext, known: number[]) => number[];

const differences = (first: SeededCiphertext, second: SeededCiphertext) => {
  const { c0, coeffModulus, scale } = second;
  const polynomial = reducePolynomial(subtractPolynomials(c0, first.c0), product(coeffModulus));
  return realParts(decode({ polynomial, scale }));
};
const eavesdrop: Eavesdrop = (first, second, known) =>
  differences(first, second).map((difference, k) => known[k] + difference);

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(reusedSeed, eavesdrop, seed)).toMatchObject({ passed: true });
  }
  await expectUntouchedRefused(reusedSeed);
});

test.each<[string, Eavesdrop, RegExp]>([
  ["the difference alone", differences, /this is the difference of the two messages/],
  [
    "the other way round",
    (first, second, known) => differences(second, first).map((difference, k) => known[k] + difference),
    /the difference was taken the other way round/,
  ],
  ["the known message", (_, __, known) => known, /^slot 0 is \d, expected -?\d+: is the mask gone/],
  ["nothing finite", () => [NaN, 0, 0, 0], /^eavesdrop: expected finite numbers, got NaN at 0/],
])("%s: refused, and why", (_, answer, says) => expectRefused(reusedSeed, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(reusedSeed, eavesdrop)).toMatchObject({ passed: false });
});
