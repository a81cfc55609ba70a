import { expect, test } from "@jest/globals";
import { centredMod, divideByLastPrime, inverseMod, mod } from "../../../../src/he-ml/toy-ckks/index.js";
import { rescaleByHand } from "../../../../src/notebook/exercises/lesson-03/rescale-by-hand.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";
import { expectAlwaysRefused } from "./always-refused.js";

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
  [
    "all primes",
    (residues) => residues,
    /^with 2 primes 2 polynomials came back, expected 1: the last prime is dropped$/,
  ],
  ["no list", () => 1n, /^rescaleByHand: expected a list of polynomials, got 1n/],
])("%s: refused, and why", (_, answer, says) => expectRefused(rescaleByHand, answer, says));

/** The last prime's inverse, taken the wrong way round. */
const swapped =
  (taken: (rest: bigint, last: bigint) => bigint): Rescale =>
  (residues, primes) =>
    doing((residue, prime, last) =>
      centredMod((residue - taken(last, primes.at(-1)!)) * inverseMod(prime, primes.at(-1)!), prime),
    )(residues, primes);

test.each<[string, Rescale, RegExp]>([
  [
    "the difference divided as a number",
    (residues, primes) => doing((one, _, rest) => (one - rest) / primes.at(-1)!)(residues, primes),
    /x − r is a multiple of 1021, but its residues are no small numbers to divide; modulo a prime, to divide/,
  ],
  [
    "the difference reduced, and divided as a number",
    (residues, primes) =>
      doing((one, prime, rest) => mod(one - mod(rest, primes.at(-1)!), prime) / primes.at(-1)!)(
        residues,
        primes,
      ),
    /its residues are no small numbers to divide/,
  ],
  ["inverse swapped", swapped((rest) => rest), /that is the inverse of the prime modulo the last/],
  ["inverse swapped, from 0 on", swapped(mod), /that is the inverse of the prime modulo the last/],
  ["inverse swapped, nothing taken", swapped(() => 0n), /that is the inverse of the prime modulo the last/],
  [
    "its own remainder",
    (residues, primes) =>
      doing((one, _, __, inverse) => (one - centredMod(one, primes.at(-1)!)) * inverse)(residues, primes),
    /the remainder was taken from each residue itself; .* modulo 1021, the last residue$/,
  ],
  [
    "two primes only",
    (residues, primes) => rescale(residues.slice(0, 2), primes.slice(0, 2)),
    /^with 3 primes 1 polynomial came back, expected 2: one for each prime but the last$/,
  ],
])("%s: always refused, and why", (_, answer, says) => expectAlwaysRefused(rescaleByHand, answer, says));

test("one polynomial, not in a list, is named as such", () =>
  expectRefused(
    rescaleByHand,
    (residues: bigint[][]) => residues[0],
    /expected a list of polynomials, got \[/,
  ));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(rescaleByHand, rescale)).toMatchObject({ passed: false });
});
