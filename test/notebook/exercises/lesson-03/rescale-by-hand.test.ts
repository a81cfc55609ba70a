import { expect, test } from "@jest/globals";
import { centredMod, divideByLastPrime, inverseMod, mod } from "../../../../src/he-ml/toy-ckks/index.js";
import { rescaleByHand } from "../../../../src/notebook/exercises/lesson-03/rescale-by-hand.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Rescale = (residues: bigint[][], primes: bigint[]) => bigint[][];

const rescale: Rescale = (residues, primes) =>
  divideByLastPrime(residues, primes).map((residue) => [...residue]);

/** Some other thing done to each residue. */
const doing =
  (change: (residue: bigint, prime: bigint, last: bigint, inverse: bigint) => bigint): Rescale =>
  (residues, primes) =>
    primes.slice(0, -1).map((prime, i) => {
      const inverse = inverseMod(primes.at(-1)!, prime);
      return residues[i].map((residue, j) => change(residue, prime, residues.at(-1)![j], inverse));
    });

/** The remainder from 0 on: it is cut off, not rounded. */
const cuttingOff: Rescale = (residues, primes) => {
  const last = primes.at(-1)!;
  return doing((residue, _, rest, inverse) => (residue - mod(rest, last)) * inverse)(residues, primes);
};

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const verdict = await attempt(rescaleByHand, rescale, seed);
    expect(verdict).toMatchObject({ passed: true });
    expect(verdict.says).toMatch(/^3 chains, off by up to 0\.(4\d|50)$/);
  }
  await expectUntouchedRefused(rescaleByHand);
});

test("cutting off is within 1, and is told of ½", async () => {
  const verdict = await attempt(rescaleByHand, cuttingOff);
  expect(verdict).toMatchObject({ passed: true });
  expect(verdict.says).toMatch(/off by up to 0\.\d\d, and a remainder around 0 would keep it within ½$/);
});

test.each<[string, (residues: bigint[][], primes: bigint[]) => unknown, RegExp]>([
  ["dropped only", (residues) => residues.slice(0, -1), /nothing is divided; that is a modSwitch/],
  [
    "divided as numbers",
    (residues, primes) => residues.slice(0, -1).map((residue) => residue.map((one) => one / primes.at(-1)!)),
    /residues are no small numbers to divide/,
  ],
  [
    "nothing taken away",
    doing((residue, _, __, inverse) => residue * inverse),
    /take the last residue away first/,
  ],
  [
    "not divided",
    doing((residue, prime, rest) => centredMod(residue - rest, prime)),
    /still to be divided by it$/,
  ],
  [
    "added",
    doing((residue, _, rest, inverse) => (residue + rest) * inverse),
    /^primes 1048573, 1021: coefficient \d was -?\d+ and is now -?\d+, expected .* \/ 1021 = -?\d+\.\d\d$/,
  ],
  ["all primes", (residues) => residues, /2 polynomials came back, expected 1: the last prime is dropped/],
  ["no list", () => 1n, /^rescaleByHand: expected a list of polynomials, got 1n/],
])("%s: refused, and why", (_, answer, says) => expectRefused(rescaleByHand, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(rescaleByHand, rescale)).toMatchObject({ passed: false });
});
