import { describe, expect, test } from "@jest/globals";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { keyBytes } from "../../../src/he-ml/crypto/public-context.js";
import {
  evaluationKeyBytes,
  inputCiphertextBytes,
  outputCiphertextBytes,
  rotationKeyBytes,
  type RotationStep,
} from "../../../src/he-ml/crypto/rotation-keys.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { rotateSlots } from "../../../src/he-ml/planner/matvec/linear-transform.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { encryptSlots, maxAbsDifference, openClear, rejectedBy, thrownBy } from "../support.js";
import {
  client,
  expectInputError,
  expectRefused,
  keys,
  load,
  needs,
  parameters,
  seal,
  tolerance,
  values,
} from "./rotation.js";

const { levels, slots } = parameters;
const clear = openClear(parameters);

const numbered = needs.filter(({ step }) => step !== "conjugate");

describe("rotations", () => {
  test.each(numbered)("by $step at every level up to $level: SEAL and its twin move slots alike", (need) => {
    for (let level = 1; level <= need.level; level++) {
      for (const side of [seal, clear]) {
        const he = side.evaluator;
        const before = he.operations.rotate;
        using rotated = he.rotate(he.modSwitchTo(encryptSlots(side, values), level), need.step);
        expect(he.operations.rotate).toBe(before + 1);
        expect([rotated.level, rotated.scale, rotated.size]).toEqual([level, 2 ** parameters.scaleBits, 2]);
        const expected = rotateSlots(Float64Array.from(values), need.step as number);
        expect(maxAbsDifference(side.slots(rotated), expected)).toBeLessThan(tolerance);
      }
    }
  });

  test("of real slots by conjugation leave them as they are", () => {
    using conjugated = seal.evaluator.rotate(encryptSlots(seal, values), "conjugate");
    expect(maxAbsDifference(seal.slots(conjugated), values)).toBeLessThan(tolerance);
    using twin = clear.evaluator.rotate(encryptSlots(clear, values), "conjugate");
    expect(maxAbsDifference(clear.slots(twin), values)).toBe(0);
  });

  test.each([
    [7, 3, /there is no key for step 7 at level 3, only up to level 2; export .*\{ step: 7, level: 3 \}/],
    [64, 2, /there is no key for step 64 at level 2, only up to level 1/],
    [5, 1, /there is no key for step 5 at level 1; export/],
  ])("by %p at level %p without a key are refused", (step, level, message) => {
    const ciphertext = seal.evaluator.modSwitchTo(encryptSlots(seal, values), level);
    expectInputError(
      thrownBy(() => seal.evaluator.rotate(ciphertext, step)),
      message,
    );
  });

  test.each<RotationStep>([0, -1, slots, 1.5, NaN, Infinity, "sideways" as RotationStep])(
    "by %p are refused on both sides",
    (step) => {
      for (const side of [seal, clear]) {
        const ciphertext = encryptSlots(side, values);
        expectInputError(
          thrownBy(() => side.evaluator.rotate(ciphertext, step)),
          /^rotation: expected a step from 1 to 511/,
        );
      }
    },
  );

  test("of a square are refused until it is relinearized", () => {
    for (const side of [seal, clear]) {
      const squared = side.evaluator.square(encryptSlots(side, values));
      expectInputError(
        thrownBy(() => side.evaluator.rotate(squared, 1)),
        /relinearize/,
      );
    }
  });
});

describe("bytes that travel are told in advance", () => {
  test("of each key, of all keys, of inputs and outputs", () => {
    for (const { level, bytes } of keys.rotationKeys!)
      expect(bytes).toHaveLength(rotationKeyBytes(parameters, level));
    const all = { rotations: needs, relinearization: true };
    expect(keyBytes(keys)).toBe(evaluationKeyBytes(parameters, all));
    const none = { rotations: [], relinearization: false };
    const bare = client.exportEvaluationKeys([], { relinearization: false });
    expect(keyBytes(bare)).toBe(evaluationKeyBytes(parameters, none));
    const [sent] = client.encrypt(tensor([1, 1], [1]), { packing: "batch" }).ciphertexts;
    expect(sent).toHaveLength(inputCiphertextBytes(parameters));
    for (let level = 1; level <= levels; level++) {
      const returned = seal.evaluator.modSwitchTo(encryptSlots(seal, values), level);
      expect(seal.evaluator.save(returned)).toHaveLength(outputCiphertextBytes(parameters, level));
    }
  });

  test("no key carries the secret key, or loads as one", async () => {
    const secret = client.exportSecretKey();
    const sixteen = Buffer.from(secret.subarray(secret.length - 16));
    for (const { bytes } of keys.rotationKeys!) expect(Buffer.from(bytes).includes(sixteen)).toBe(false);
    // The others: see rotation.slow.ts.
    const [{ bytes }] = keys.rotationKeys!;
    expect(await rejectedBy(() => SecretContext.fromSecretKey(parameters, bytes))).toBeInstanceOf(InputError);
  });
});

describe("hostile rotation keys", () => {
  // More of each, and flipped bits: see rotation.slow.ts.
  test("of another length, level, step or kind are refused", async () => {
    const { bytes } = keys.rotationKeys![0];
    await expectRefused([
      { bytes: bytes.slice(0, -1) },
      { bytes: new Uint8Array(bytes.length) },
      { level: "3" },
      { step: slots },
    ]);
  });

  test("of other parameters are refused", async () => {
    const spec = { polyModulusDegree: 1024, scaleBits: 20, security: "teaching" } as const;
    const others = checkParameters({ ...spec, coeffModulusBits: [50, 60, 48, 59] });
    const foreign = (await SecretContext.create(others)).exportEvaluationKeys([{ step: 1, level: 3 }]);
    expectInputError(await load(foreign.rotationKeys), /rotation key 1/);
  });

  test.each([
    { step: 0, level: 1 },
    { step: slots, level: 1 },
    { step: NaN, level: 1 },
    { step: 1, level: 0 },
    { step: 1, level: 4 },
  ])("are not made: step $step at level $level", (need) => {
    expectInputError(
      thrownBy(() => client.exportEvaluationKeys([need])),
      /^rotation: expected a step/,
    );
  });
});
