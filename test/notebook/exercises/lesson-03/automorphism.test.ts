import { expect, test } from "@jest/globals";
import {
  addPolynomials,
  applyAutomorphism,
  reducePolynomial,
  switchKey,
  zeroPolynomial,
  type Polynomial,
} from "../../../../src/he-ml/toy-ckks/index.js";
import { automorphism, type ToMap } from "../../../../src/notebook/exercises/lesson-03/automorphism.js";
import { lessonQ } from "../../../../src/notebook/exercises/lesson-03/lesson-cells.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";
import { expectAlwaysRefused } from "./always-refused.js";

const map = (polynomial: Polynomial) => applyAutomorphism(polynomial, 5);

const pair = (c0: Polynomial, c1: Polynomial, q: bigint): [bigint[], bigint[]] => [
  [...reducePolynomial(c0, q)],
  [...reducePolynomial(c1, q)],
];

function solution({ c0, c1, q, key }: ToMap): [bigint[], bigint[]] {
  const [k0, k1] = switchKey(map(c1), [q], key);
  return pair(addPolynomials(map(c0), k0), k1, q);
}

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(automorphism, solution, seed)).toEqual({
      passed: true,
      says: "2 ciphertexts decrypt to m(X⁵), under the key that they had before",
    });
  }
  await expectUntouchedRefused(automorphism);
});

test.each<[string, (toMap: ToMap) => unknown, RegExp]>([
  [
    "no key switch",
    ({ c0, c1, q }) => pair(map(c0), map(c1), q),
    /but under s\(X⁵\); the key switch is still/,
  ],
  ["nothing done", ({ c0, c1, q }) => pair(c0, c1, q), /that is m, and nothing has changed/],
  [
    "c0 lost",
    ({ c1, q, key }) => pair(...switchKey(map(c1), [q], key), q),
    /c0\(X⁵\) is missing; k0 is to be added to it/,
  ],
  [
    "c0 as it was",
    ({ c0, c1, q, key }) => {
      const [k0, k1] = switchKey(map(c1), [q], key);
      return pair(addPolynomials(c0, k0), k1, q);
    },
    /X⁵ was put into c1 alone/,
  ],
  [
    "c1 still there",
    ({ c0, c1, q, key }) => {
      const [k0, k1] = switchKey(map(c1), [q], key);
      return pair(addPolynomials(map(c0), k0), addPolynomials(map(c1), k1), q);
    },
    /c1\(X⁵\) is still in the second polynomial/,
  ],
  [
    "switched first",
    ({ c0, c1, q, key }) => {
      const [k0, k1] = switchKey(c1, [q], key);
      return pair(map(addPolynomials(c0, k0)), map(k1), q);
    },
    /c1 was switched as it was/,
  ],
  [
    "zeros",
    ({ c0, q }) => pair(zeroPolynomial(c0.length), zeroPolynomial(c0.length), q),
    /^N = 8: coefficient 0 decrypts to 0, expected -?\d+ and noise up to \d+$/,
  ],
  ["one polynomial", ({ c0 }) => [c0], /^automorphism: N = 8: expected 2 answers/],
])("%s: refused, and why", (_, answer, says) => expectRefused(automorphism, answer, says));

const anotherQ =
  /: reduced modulo another q, that of the lesson's cells: use the q that the function is given$/;
const needsNoKey = /: both polynomials were switched, and c0\(X⁵\) needs no key: k0 is added to it$/;
const switchedBoth = ({ c0, c1, q, key }: ToMap) => [c0, c1].map((one) => switchKey(map(one), [q], key));

test.each<[string, (toMap: ToMap) => unknown, RegExp]>([
  ["both by the lesson's q", (toMap) => pair(...solution(toMap), lessonQ), anotherQ],
  [
    "the sum by the lesson's q",
    ({ c0, c1, q, key }) => {
      const [k0, k1] = switchKey(map(c1), [q], key);
      return [reducePolynomial(addPolynomials(map(c0), k0), lessonQ), k1];
    },
    anotherQ,
  ],
  [
    "both switched and added",
    (toMap) => {
      const [[a0, a1], [k0, k1]] = switchedBoth(toMap);
      return pair(addPolynomials(a0, k0), addPolynomials(a1, k1), toMap.q);
    },
    needsNoKey,
  ],
  [
    "both switched, of each one half",
    (toMap) => {
      const [[a0], [, k1]] = switchedBoth(toMap);
      return pair(a0, k1, toMap.q);
    },
    needsNoKey,
  ],
  [
    "both switched, the second halves added alone",
    (toMap) => {
      const [[, a1], [k0, k1]] = switchedBoth(toMap);
      return pair(addPolynomials(map(toMap.c0), k0), addPolynomials(a1, k1), toMap.q);
    },
    needsNoKey,
  ],
])("%s: always refused, and why", (_, answer, says) => expectAlwaysRefused(automorphism, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(automorphism, solution)).toMatchObject({ passed: false });
});
