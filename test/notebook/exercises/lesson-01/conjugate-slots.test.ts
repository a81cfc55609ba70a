import { expect, test } from "@jest/globals";
import type { Polynomial } from "../../../../src/he-ml/toy-ckks/index.js";
import { conjugateSlots } from "../../../../src/notebook/exercises/lesson-01/conjugate-slots.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

const turned =
  (first: bigint, others: bigint) =>
  (m: bigint[]): bigint[] =>
    m.map((_, j) => (j === 0 ? first * m[0] : others * m[m.length - j]));
const solution = turned(1n, -1n);
/** As a stub may have its types. */
const asPolynomial = (m: Polynomial): Polynomial => solution([...m]);

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(conjugateSlots, solution, seed)).toEqual({
      passed: true,
      says: "3 polynomials, every slot its mirror image",
    });
  }
  expect(await attempt(conjugateSlots, asPolynomial)).toMatchObject({ passed: true });
  await expectUntouchedRefused(conjugateSlots);
});

test.each<[string, (m: bigint[]) => unknown, RegExp]>([
  ["nothing", (m) => m, /X⁷ became .*X⁷: coefficient 1 is -?\d+, expected -?\d+: nothing has changed$/],
  [
    "turned round",
    (m) => [...m].reverse(),
    /: the list is turned round, and coefficient 0 with it; it stays in its place$/,
  ],
  [
    "turned round, with other signs",
    (m) => m.map((c) => -c).reverse(),
    /: coefficient 0 is -?7\d, expected -?\d: the list is turned round, and coefficient 0 with it; it stays in its place$/,
  ],
  [
    "signs alone",
    (m) => m.map((c, j) => (j === 0 ? c : -c)),
    /: only signs have changed; coefficient j goes to N − j/,
  ],
  ["no sign", turned(1n, 1n), /: the sign of X\^N, which is −1, so X\^\(−j\) = −X\^\(N−j\)$/],
  ["every sign", turned(-1n, -1n), /: the sign of coefficient 0, which does not pass X\^N$/],
  [
    "all negative",
    (m) => m.map((c) => -c),
    /: coefficient 0 is -?\d, expected -?\d: only signs have changed; coefficient j goes to N − j, but coefficient 0 stays$/,
  ],
  ["doubled", (m) => m.map((c) => 2n * c), /: coefficient 0 is -?\d+, expected -?\d$/],
  ["numbers", (m) => m.map(Number), /^conjugate: expected a list of 8 bigints/],
  [
    "N taken for 8",
    (m) => solution(m.slice(0, 8)),
    /^this list has 16 coefficients, not 8; use m\.length for N$/,
  ],
  [
    "N taken for 8, the others negated in place",
    (m) => m.map((c, j) => (j === 0 ? c : -m[8 - j])),
    /^this list has 16 coefficients, not 8/,
  ],
  [
    "N taken for 8, the others left",
    (m) => [...solution(m.slice(0, 8)), ...m.slice(8)],
    /^this list has 16 coefficients, not 8/,
  ],
  [
    "a coefficient missing",
    (m) => m.slice(1),
    /^conjugate: expected a list of 8 bigints, got 7 of them; return one for each place$/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(conjugateSlots, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(conjugateSlots, solution)).toMatchObject({ passed: false });
});
