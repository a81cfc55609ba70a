import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Ciphertext } from "../../../src/he-ml/crypto/ciphertext.js";
import { operationsBetween } from "../../../src/he-ml/crypto/operation-counts.js";
import { chooseWindows } from "../../../src/he-ml/crypto/windows.js";
import { signedDigits } from "../../../src/he-ml/kernels/signed-digits.js";

import {
  encryptSlots,
  lazyParameters,
  maxAbsDifference,
  openClear,
  openSeal,
  randomTensor,
  thrownBy,
  type SealSide,
  type Side,
} from "../support.js";

describe("signed digits", () => {
  test("of known integers", () => {
    const windows = { bits: 2, count: 4, additions: 0 };
    expect(signedDigits(11, windows)).toEqual([-1, -1, 1, 0]);
    expect(signedDigits(-11, windows)).toEqual([1, 1, -1, 0]);
    expect(signedDigits(6, windows)).toEqual([2, 1, 0, 0]);
  });

  test("add up to the integer, and none is larger than half the base", () => {
    const integers = fc.oneof(
      fc.integer({ min: -(2 ** 17), max: 2 ** 17 }),
      fc.maxSafeInteger(),
      fc.integer().map((integer) => integer * 2 ** 40),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), integers, (terms, integer) => {
        const windows = chooseWindows(terms, Math.max(1, Math.abs(integer)));
        const digits = signedDigits(integer, windows);
        expect(digits).toHaveLength(windows.count);
        expect(digits.every((digit) => Math.abs(digit) <= 2 ** (windows.bits - 1))).toBe(true);
        const sum = digits.reduceRight((rest, digit) => (rest << BigInt(windows.bits)) + BigInt(digit), 0n);
        expect(sum).toBe(BigInt(integer));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("more terms pay for wider windows", () => {
    expect(chooseWindows(2, 2 ** 15).bits).toBeLessThan(chooseWindows(256, 2 ** 15).bits);
  });
});

describe("a weighted sum", () => {
  let seal: SealSide;
  let clear: Side;
  let inputs: { seal: Ciphertext; clear: Ciphertext }[];

  beforeAll(async () => {
    seal = await openSeal(lazyParameters);
    clear = openClear(lazyParameters);
    inputs = Array.from({ length: 40 }, (_, i) => {
      const { data } = randomTensor([8], i);
      return { seal: encryptSlots(seal, data), clear: encryptSlots(clear, data) };
    });
  });

  const weights = fc.array(
    fc.oneof(fc.double({ min: -2, max: 2, noNaN: true }), fc.constant(0), fc.constant(2 ** -17)),
    { minLength: 1, maxLength: 40 },
  );

  test("on SEAL is, to the byte, the sum of products with constant plaintexts; the clear twin agrees", () => {
    fc.assert(
      fc.property(weights, fc.constantFrom(4, 16, 30, 55), (chosen, scaleBits) => {
        const weightScale = 2 ** scaleBits;
        const he = seal.evaluator;
        const terms = inputs.slice(0, chosen.length);
        const [before, twinBefore] = [he.operations, clear.evaluator.operations];
        const sum = he.weightedSum(
          terms.map((term) => term.seal),
          chosen,
          weightScale,
        );
        const twin = clear.evaluator.weightedSum(
          terms.map((term) => term.clear),
          chosen,
          weightScale,
        );
        const used = chosen.flatMap((weight, i) => (Math.round(weight * weightScale) === 0 ? [] : [i]));

        expect([sum.level, sum.scale]).toEqual([twin.level, twin.scale]);
        expect(sum.scale).toBe(2 ** 20 * weightScale);
        const counted = operationsBetween(before, he.operations);
        expect(counted).toEqual(operationsBetween(twinBefore, clear.evaluator.operations));
        expect([0, used.length]).toContain(counted.multiplyPlain);
        expect(counted.add).toBeGreaterThanOrEqual(Math.max(0, used.length - 1));
        expect(maxAbsDifference(seal.slots(sum), clear.slots(twin))).toBeLessThan(0.05);
        if (used.length === 0) return;

        const products = used.map((i) => {
          const weight = he.encodeScalar(chosen[i], { level: sum.level, scale: weightScale });
          return he.multiplyPlain(inputs[i].seal, weight);
        });
        const expected = products.reduce((total, product) => he.add(total, product));
        expect(Buffer.from(he.save(sum)).equals(Buffer.from(he.save(expected)))).toBe(true);
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  test.each(["seal", "clear"] as const)("refuses on %s what does not fit", (side) => {
    const { evaluator } = side === "seal" ? seal : clear;
    const [a, b] = inputs.map((input) => input[side]);
    const lower = evaluator.modSwitchTo(b, 2);
    const message = (work: () => unknown) => String(thrownBy(work));
    expect(message(() => evaluator.weightedSum([], [], 2 ** 16))).toMatch(/a weight for each input/);
    expect(message(() => evaluator.weightedSum([a, b], [1], 2 ** 16))).toMatch(/got 1 for 2/);
    expect(message(() => evaluator.weightedSum([a, lower], [1, 1], 2 ** 16))).toMatch(
      /levels differ: 3 and 2/,
    );
    expect(message(() => evaluator.weightedSum([a], [NaN], 2 ** 16))).toMatch(/finite/);
    expect(message(() => evaluator.weightedSum([a], [1e40], 2 ** 50))).toMatch(/does not fit/);
    expect(message(() => evaluator.weightedSum([a], [1], 2 ** 150))).toMatch(/scale|fit/);
  });
});
