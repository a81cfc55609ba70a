import { expect, test } from "@jest/globals";
import {
  encode,
  multiplicationMatrix,
  realParts,
  reducePolynomial,
  solveModulo,
  subtractPolynomials,
  type Polynomial,
} from "../../../../src/he-ml/toy-ckks/index.js";
import { keyFromShown, type Shown } from "../../../../src/notebook/exercises/lesson-09/key-from-shown.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

const encoded = ({ values, scale }: Shown) => encode(values, { slots: 4, scale }).polynomial;
const solved = ({ c1, q }: Shown, right: Polynomial) =>
  reducePolynomial(solveModulo(multiplicationMatrix(c1), right, q), q);
const from = (m: (shown: Shown) => Polynomial) => (shown: Shown) =>
  solved(shown, subtractPolynomials(m(shown), shown.c0));
const keyOf = from(encoded);

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 10; seed++) {
    expect(await attempt(keyFromShown, keyOf, seed)).toEqual({
      passed: true,
      says: "2 keys, each from one result and its decryption",
    });
  }
  await expectUntouchedRefused(keyFromShown);
});

test.each<[string, (shown: Shown) => unknown, RegExp]>([
  [
    "no scale",
    from(({ values }) => encode(values, { slots: 4, scale: 1 }).polynomial),
    /: the values were not multiplied by the scale; encode them at it$/,
  ],
  [
    "real parts alone",
    from(({ values, scale }) => encode(realParts(values), { slots: 4, scale }).polynomial),
    /: the imaginary parts were left out, and half of the noise is in them$/,
  ],
  [
    "rounded values",
    from(({ values, scale }) => encode(realParts(values).map(Math.round), { slots: 4, scale }).polynomial),
    /: the values were rounded, and their last digits are the noise$/,
  ],
  ["m left out", from(({ c0 }) => c0.map(() => 0n)), /: the values are left out; c1·s is −c0 only/],
  [
    "signs turned",
    (shown) => solved(shown, subtractPolynomials(shown.c0, encoded(shown))),
    /^all signs are turned around; c0 has to change sides, not m$/,
  ],
  [
    "not reduced",
    (shown) => keyOf(shown).map((one) => (one < 0n ? one + shown.q : one)),
    /^the same modulo q, but not between −q\/2 and q\/2/,
  ],
  ["zeros", ({ c0 }) => c0.map(() => 0n), /^scale 1024: the key is \[.*\], and not \[0, 0/],
  ["numbers", () => [0, 0, 0, 0, 0, 0, 0, 0], /^keyFromShown: expected a list of 8 bigints/],
])("%s: refused, and why", (_, answer, says) => expectRefused(keyFromShown, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(keyFromShown, keyOf)).toMatchObject({ passed: false });
});
