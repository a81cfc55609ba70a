import { expect, test } from "@jest/globals";
import { maxCoeffModulusBits } from "../../../../src/he-ml/index.js";
import {
  chooseParameters,
  type SquaresNeeds,
} from "../../../../src/notebook/exercises/lesson-08/choose-parameters.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";
import { chosen, type Slip } from "./choose-parameters.js";

test("the untouched exercise is refused", () => expectUntouchedRefused(chooseParameters));

const slipping = (slip: Slip) => (needs: SquaresNeeds) => chosen(needs, slip);

const wrongs: [string, (needs: SquaresNeeds) => unknown, RegExp][] = [
  [
    "a scale that is too small",
    slipping({ scaleBits: (bits) => bits - 6 }),
    /: it runs, but not precisely enough: an error of \S+ is predicted, and \S+ is asked for; the scale is too small$/,
  ],
  [
    "no room for values",
    slipping({ room: () => 0 }),
    /: it does not run: (?:square: scale out of bounds: |\w+: .* outgrows the primes left at level )/,
  ],
  [
    "a level too many",
    slipping({ chain: ([first, ...rest]) => [first, rest[0], ...rest] }),
    /: it runs, but with too many levels: 1 of \d data primes too many$/,
  ],
  [
    "no special prime",
    slipping({ chain: (chain) => chain.slice(0, -1) }),
    /: too few levels: \d squares need \d data primes, as the first one stays, and there are \d; the last of the chain is special/,
  ],
  [
    "a special prime of the scale",
    slipping({ chain: (chain) => [...chain.slice(0, -1), chain[1]] }),
    /: the special prime has \d+ bits, fewer than the largest other, of \d+$/,
  ],
  [
    "the usual table for all",
    slipping({ limits: maxCoeffModulusBits }),
    / bits by the table of 20\d\d: \d+ bits at N = 8192, and (?:152|214) are allowed there: the usual table, .* is not the one that is asked for$/,
  ],
  ["the largest N for all", (needs) => ({ ...chosen(needs), polyModulusDegree: 32768 }), /: it runs, but .*/],
  [
    "a ring that is larger than needed",
    (needs) => chosen(needs, { scaleBits: (bits) => bits + 2, limits: { 16384: 430 } }),
    /^x\^[48] for .*: it runs, but N = 16384 is larger than needed: \d+ bits would do, and 218 are allowed at 8192$/,
  ],
];

test.each(wrongs)("%s: refused whatever is drawn, and why", async (_, answer, says) => {
  for (let seed = 0; seed < 4; seed++) {
    const verdict = await attempt(chooseParameters, answer as typeof chosen, seed);
    expect(verdict).toEqual({ passed: false, says: expect.stringMatching(says), hint: 2 });
  }
});

test.each<[string, (needs: SquaresNeeds) => unknown, RegExp]>([
  [
    "more bits than are secure",
    (needs) => ({ ...chosen(needs), polyModulusDegree: 4096 }),
    /: \d+ bits at N = 4096, and 109 are allowed there$/,
  ],
  [
    "a ring that there is not",
    (needs) => ({ ...chosen(needs), polyModulusDegree: 5000 }),
    /expected one of 1024, /,
  ],
  [
    "a chain alone",
    (needs) => chosen(needs).coeffModulusBits,
    /^chooseParameters: expected \{ polyModulusDegree, coeffModulusBits, scaleBits \}, got \[/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(chooseParameters, answer, says));

test("what the last run accepted does not pass", async () => {
  expect(await replayAttempt(chooseParameters, (needs) => chosen(needs))).toMatchObject({ passed: false });
});
