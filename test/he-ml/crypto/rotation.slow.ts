import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { rotateSlots } from "../../../src/he-ml/planner/matvec/linear-transform.js";
import { encryptSlots, maxAbsDifference, rejectedBy, seededRandom } from "../support.js";
import { expectRefused, keys, load, parameters, seal, tolerance, values } from "./rotation.js";

test("no rotation key loads as a secret key", async () => {
  for (const { bytes } of keys.rotationKeys!) {
    expect(await rejectedBy(() => SecretContext.fromSecretKey(parameters, bytes))).toBeInstanceOf(InputError);
  }
});

describe("hostile rotation keys", () => {
  test("of other lengths, levels, steps or kinds are refused", async () => {
    const { bytes } = keys.rotationKeys![0];
    await expectRefused([
      { bytes: new Uint8Array(0) },
      { bytes: new Uint8Array(bytes.length + 1) },
      { bytes: [...bytes.subarray(0, 9)] },
      { bytes: undefined },
      { level: 2 },
      ...[0, -1, 4, 1.5, NaN, Infinity].map((level) => ({ level })),
      ...[0, -1, 2 ** 40, 1.5, NaN, Infinity, "1", undefined].map((step) => ({ step })),
    ]);
  });

  test("with flipped bits are loaded or refused, and the context goes on", async () => {
    const [key] = keys.rotationKeys!;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(99_999), fc.boolean(), async (seed, head) => {
        const random = seededRandom(seed);
        const bytes = key.bytes.slice();
        const position = Math.floor(random() * (head ? 250 : bytes.length));
        bytes[position] ^= 1 << Math.floor(random() * 8);
        const error = await load([{ ...key, bytes }]);
        if (error === undefined) return;
        expect(error).toBeInstanceOf(InputError);
        refused++;
      }),
      { seed: 81, numRuns: 30, endOnFailure: true },
    );
    expect(refused).toBeGreaterThan(5);
    using rotated = seal.evaluator.rotate(encryptSlots(seal, values), 1);
    const expected = rotateSlots(Float64Array.from(values), 1);
    expect(maxAbsDifference(seal.slots(rotated), expected)).toBeLessThan(tolerance);
  });
});
