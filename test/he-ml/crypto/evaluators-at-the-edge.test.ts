import { describe, expect, test } from "@jest/globals";
import { modulusBits } from "../../../src/he-ml/crypto/parameters.js";
import { encryptSlots, lazyParameters, openClear, openSeal, thrownBy, describeError } from "../support.js";

const sides = [await openSeal(lazyParameters), openClear(lazyParameters)];

describe("values near the modulus", () => {
  test("are encoded or refused alike on SEAL and on the clear twin, bit by quarter bit, at every level", () => {
    const tally = { accepted: 0, refused: 0 };
    for (let level = 1; level <= lazyParameters.levels; level++) {
      for (let below = -4; below <= 16; below++) {
        // In every slot, so that the first coefficient is as large.
        const value = 2 ** (modulusBits(lazyParameters, level) - 20 - below / 4);
        const vector = new Float64Array(lazyParameters.slots).fill(value);
        const [onSeal, onClear] = sides.map(({ evaluator }) =>
          thrownBy(() => evaluator.encode(vector, { level, scale: 2 ** 20 })[Symbol.dispose]()),
        );
        expect(describeError(onSeal)).toBe(describeError(onClear));
        if (onSeal === undefined) tally.accepted++;
        else {
          expect(String(onSeal)).toMatch(/^InputError: encode: .* does not fit into \d+ bits at level \d/);
          tally.refused++;
        }
      }
    }
    expect(tally).toEqual({ accepted: 3 * 8, refused: 3 * 13 });
  });
});

describe("scales that differ by the rounding of doubles", () => {
  const ulp = Number.EPSILON * 2 ** 19;
  test.each<[string, number, boolean]>([
    ["equal", 2 ** 20, true],
    ["one double below 2^20", 2 ** 20 - ulp, true],
    ["two doubles below, which SEAL takes for another scale", 2 ** 20 - 2 * ulp, false],
    ["one double above", 2 ** 20 + 2 * ulp, true],
    ["two doubles above", 2 ** 20 + 4 * ulp, false],
  ])("%s: SEAL and the clear twin agree", (_, scale, accepted) => {
    for (const side of sides) {
      const [a, b] = [encryptSlots(side, [1]), encryptSlots(side, [2])];
      side.evaluator.setScaleInplace(b, scale);
      const error = thrownBy(() => side.evaluator.add(a, b));
      if (accepted) expect(error).toBeUndefined();
      else expect(String(error)).toMatch(/^InputError: add: scale mismatch/);
    }
  });
});

test("the clear twin loads what it saved from a Buffer in the midst of others", () => {
  const clear = openClear(lazyParameters);
  const own = encryptSlots(clear, [1.5, -2]);
  const bytes = clear.evaluator.save(own);
  const pool = Buffer.alloc(bytes.length + 24, 77);
  pool.set(bytes, 13);
  const loaded = clear.evaluator.load(pool.subarray(13, 13 + bytes.length));
  expect(clear.slots(loaded)).toEqual(clear.slots(own));
});
