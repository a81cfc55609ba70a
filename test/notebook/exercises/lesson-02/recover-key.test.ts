import { expect, test } from "@jest/globals";
import {
  addPolynomials,
  inverseMod,
  multiplicationMatrix,
  reducePolynomial,
  scalePolynomial,
  solveModulo,
  subtractPolynomials,
  type Polynomial,
} from "../../../../src/he-ml/toy-ckks/index.js";
import { recoverKey, type KnownPlaintext } from "../../../../src/notebook/exercises/lesson-02/recover-key.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

const solve = ({ c0, c1, q }: KnownPlaintext, m: readonly bigint[]) =>
  solveModulo(multiplicationMatrix(c1), subtractPolynomials(m, c0), q);
const recover = (known: KnownPlaintext) => [...reducePolynomial(solve(known, known.m), known.q)];
/** As a stub may have its types. */
const asPolynomial = (known: KnownPlaintext): Polynomial => reducePolynomial(solve(known, known.m), known.q);
const nothing = new Array<bigint>(8).fill(0n);

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(recoverKey, recover, seed)).toEqual({
      passed: true,
      says: "3 keys, each from one ciphertext and its plaintext",
    });
  }
  expect(await attempt(recoverKey, asPolynomial)).toMatchObject({ passed: true });
  await expectUntouchedRefused(recoverKey);
});

test.each<[string, (known: KnownPlaintext) => unknown, RegExp]>([
  ["not centred", (known) => solve(known, known.m), /the same modulo q, but not between −q\/2 and q\/2/],
  ["signs", (known) => [...scalePolynomial(recover(known), -1n)], /all signs are turned around/],
  ["no plaintext", (known) => solve(known, nothing), /m is left out; c1·s is −c0 only where/],
  [
    "c0 forgotten",
    ({ c1, m, q }) => solveModulo(multiplicationMatrix(c1), m, q),
    /^q = 257: coefficient \d of the key is \d+, expected -?[01]: c1·s is not m: bring c0 over, too$/,
  ],
  [
    "c0 added",
    ({ c0, c1, m, q }) => solveModulo(multiplicationMatrix(c1), addPolynomials(m, c0), q),
    /: c0 was added to m; where it changes sides, it is subtracted$/,
  ],
  [
    "c0 and c1 exchanged",
    ({ c0, c1, ...others }) => recover({ c0: c1, c1: c0, ...others }),
    /: c0 and c1 are exchanged; the key is multiplied by c1$/,
  ],
  [
    "place by place, modulo q",
    ({ c0, c1, m, q }) => m.map((one, i) => (one - c0[i]) * inverseMod(c1[i], q)),
    /: divided place by place, but c1·s is a product of polynomials, which mixes all places$/,
  ],
  [
    "place by place, cut off",
    ({ c0, c1, m }) => m.map((one, i) => (one - c0[i]) / c1[i]),
    /: divided place by place/,
  ],
  [
    "zeros",
    () => nothing,
    /^q = 257: coefficient \d is 0, expected -?1$|^q = 257: coefficient \d of the key is 0/,
  ],
  ["too short", () => [1n], /^recover: expected a list of 8 bigints, got 1 of them/],
])("%s: refused, and why", (_, answer, says) => expectRefused(recoverKey, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(recoverKey, recover)).toMatchObject({ passed: false });
});
