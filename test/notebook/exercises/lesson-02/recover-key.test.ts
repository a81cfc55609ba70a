import { expect, test } from "@jest/globals";
import {
  multiplicationMatrix,
  reducePolynomial,
  scalePolynomial,
  solveModulo,
  subtractPolynomials,
} from "../../../../src/he-ml/toy-ckks/index.js";
import { recoverKey, type KnownPlaintext } from "../../../../src/notebook/exercises/lesson-02/recover-key.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

const solve = ({ c0, c1, q }: KnownPlaintext, m: readonly bigint[]) =>
  solveModulo(multiplicationMatrix(c1), subtractPolynomials(m, c0), q);
const recover = (known: KnownPlaintext) => [...reducePolynomial(solve(known, known.m), known.q)];
const nothing = new Array<bigint>(8).fill(0n);

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(recoverKey, recover, seed)).toEqual({
      passed: true,
      says: "3 keys, each from one ciphertext and its plaintext",
    });
  }
  await expectUntouchedRefused(recoverKey);
});

test.each<[string, (known: KnownPlaintext) => unknown, RegExp]>([
  ["not centred", (known) => solve(known, known.m), /the same modulo q, but not between −q\/2 and q\/2/],
  ["signs", (known) => [...scalePolynomial(recover(known), -1n)], /all signs are turned around/],
  ["no plaintext", (known) => solve(known, nothing), /m is left out; c1·s is −c0 only where/],
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
