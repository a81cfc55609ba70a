import { expect, test } from "@jest/globals";
import { whatIsLeft } from "../../../../src/notebook/exercises/lesson-08/what-is-left.js";
import { attempt } from "../attempts.js";
import { dataBits, inBfv, leftBy, specialBits } from "./what-is-left.js";

test.each([0, 1, 2])(
  "the solution passes on real ciphertexts (%d)",
  async (seed) => {
    expect(await attempt(whatIsLeft, leftBy(), seed)).toEqual({
      passed: true,
      says: expect.stringMatching(/^(?:\d+, ){4}\d+ bits are left$/),
    });
  },
  60_000,
);

test.each<[string, typeof inBfv, RegExp]>([
  [
    "the special prime counted",
    (circuit) => inBfv(circuit) + specialBits(circuit),
    /: the last prime is the special one, which no ciphertext has$/,
  ],
  [
    "log2(N) left out",
    (circuit) => inBfv(circuit) + circuit.squares * (Math.log2(circuit.polyModulusDegree) - 1),
    /: a square takes log2\(N\) − 1 bits besides those of p$/,
  ],
  [
    "p left out of the start",
    (circuit) => inBfv(circuit) + Math.log2(circuit.plainModulus),
    /: a fresh ciphertext does not start with all of the modulus: p takes its bits from it$/,
  ],
  [
    "squares left out",
    (circuit) => inBfv({ ...circuit, squares: 0 }),
    /: that is the budget of a fresh ciphertext; squares take from it$/,
  ],
  [
    "primes dropped",
    (circuit) =>
      circuit.coeffModulusBits.slice(0, -1 - circuit.squares).reduce((sum, bits) => sum + bits, 0) -
      Math.log2(circuit.plainModulus) -
      5,
    /: primes are dropped as in CKKS, but BFV drops none: noise grows instead$/,
  ],
  [
    "all of it",
    dataBits,
    /^BFV, N = 4096, \[36, 36 \| 37\], p = \d+, 1 square: 72\.0 bits, and there are \d+\.\d$/,
  ],
])(
  "%s: refused, and why",
  async (_, bfv, says) => {
    for (let seed = 0; seed < 3; seed++) {
      const verdict = await attempt(whatIsLeft, leftBy({ bfv }), seed);
      expect(verdict.says).toMatch(says);
      expect(verdict.passed).toBe(false);
    }
  },
  60_000,
);
