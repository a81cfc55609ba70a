import { expect, test } from "@jest/globals";
import {
  addPlain,
  encode,
  multiplyPlain,
  zeroPolynomial,
  type Ciphertext,
} from "../../../../src/he-ml/toy-ckks/index.js";
import { makeItWin } from "../../../../src/notebook/exercises/lesson-09/make-it-win.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Tamper = (answer: Ciphertext, chosen: number) => unknown;

const only = (slot: number, value: number, others = 0) =>
  Array.from({ length: 8 }, (_, i) => (i === slot ? value : others));
const plain = (values: number[], scale: number) => encode(values, { slots: 8, scale });
const adding =
  (values: (chosen: number) => number[]) =>
  (answer: Ciphertext, chosen: number): Ciphertext =>
    addPlain(answer, plain(values(chosen), answer.scale));
const tamper = adding((chosen) => only(chosen, 13));

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 10; seed++) {
    expect(await attempt(makeItWin, tamper, seed)).toEqual({
      passed: true,
      says: "3 answers changed, and their clients saw nothing",
    });
  }
  await expectUntouchedRefused(makeItWin);
});

test.each<[string, Tamper, RegExp]>([
  ["as it came", (answer) => answer, /^class \d is to win: the answer is as it came, and class \d wins$/],
  [
    "far too much",
    adding((chosen) => only(chosen, 1000)),
    /: the client asks again, for logit \d is \S+, and not within ±20/,
  ],
  [
    "too little",
    adding((chosen) => only(chosen, 0.5)),
    /^class \d is to win, and class \d does: .*; add more than 12/,
  ],
  [
    "others pushed down",
    adding((chosen) => only(chosen, 0, -13)),
    /: logit \d was -?\d, and is .*: only one slot is to change/,
  ],
  ["the slot beside it", adding((chosen) => only((chosen + 1) % 8, 13)), /: only one slot is to change/],
  [
    "one's own answer",
    (answer, chosen) => ({
      ...answer,
      polynomials: [plain(only(chosen, 13), answer.scale).polynomial, zeroPolynomial(16)],
    }),
    /^c1 is 0, so that everybody can read it, and SEAL refuses it as transparent/,
  ],
  [
    "another scale",
    (answer, chosen) => addPlain(answer, plain(only(chosen, 13), 64)),
    /^makeItWin threw InputError: addPlain: /,
  ],
  [
    "a product",
    (answer, chosen) => multiplyPlain(answer, plain(only(chosen, 13), 16)),
    /: the client asks again, for logit/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(makeItWin, answer, says));

test("what was sent in the last run does not pass", async () => {
  expect(await replayAttempt(makeItWin, tamper)).toMatchObject({ passed: false });
});
