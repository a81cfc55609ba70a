import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { BfvEvaluator } from "../../../../src/he-ml/crypto/bfv/bfv-evaluator.js";
import { ClearEvaluator } from "../../../../src/he-ml/crypto/clear-evaluator.js";
import { DecryptionFailedError } from "../../../../src/he-ml/crypto/decryption-failed-error.js";
import type { SerializedTensor } from "../../../../src/he-ml/crypto/encrypted-tensor.js";
import { checkParameters } from "../../../../src/he-ml/crypto/parameters.js";
import { PublicContext } from "../../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../../src/he-ml/crypto/secret-context.js";
import { linear } from "../../../../src/he-ml/layers/linear.js";
import { square } from "../../../../src/he-ml/layers/functional/square.js";
import { InputError } from "../../../../src/he-ml/errors.js";
import { planModel } from "../../../../src/he-ml/planner/plan.js";
import { encodePlan } from "../../../../src/he-ml/program/encode-plan.js";
import { compile } from "../../../../src/he-ml/program/compile.js";
import { tensor, zeros } from "../../../../src/he-ml/tensor/tensor.js";
import { smallModel } from "../../layers/small-model.js";
import { lazyParameters, openSeal, randomTensor, rejectedBy, seededRandom, thrownBy } from "../../support.js";
import { fractional, integers, openBfv, withoutKeySwitching } from "./support.js";

const ofFractions = await openBfv(fractional);
const ofIntegers = await openBfv(integers);
const values = tensor([2, 3], [0.5, -1.25, 3, 0, 7.75, -2]);

function expectInputError(error: unknown, message?: RegExp): void {
  expect(error).toBeInstanceOf(InputError);
  if (message) expect((error as Error).message).toMatch(message);
  expect((error as Error).message).not.toMatch("\n");
}

describe.each([
  ["fractional", ofFractions],
  ["integers", ofIntegers],
] as const)("%s", (encoding, side) => {
  const packing = encoding === "integers" ? "batch" : "scalar";
  const ours = side.client.encrypt(values, { packing });

  test("what is encrypted decrypts to itself, and says its scale beside the bytes", () => {
    expect(side.client.decrypt(ours)).toEqual(values);
    expect(ours.scale).toBe(encoding === "integers" ? 16 : 1);
    const loaded = side.server.load(ours);
    expect({ level: loaded.level, scale: loaded.scale }).toEqual({ level: 1, scale: ours.scale });
    expect(side.server.save(loaded)).toMatchObject({ scale: ours.scale });
  });

  test("fresh ciphertexts are seeded: half of what a computed one takes", () => {
    const [fresh] = ours.ciphertexts;
    const [computed] = side.server.save(side.server.load(ours)).ciphertexts;
    expect(fresh.length).toBeLessThan(0.51 * computed.length);
  });

  test("a secret key is taken up again, and keys are made anew", async () => {
    const again = await SecretContext.fromSecretKey(side.client.parameters, side.client.exportSecretKey());
    expect(again.decrypt(ours)).toEqual(values);
    expect(again.exportEvaluationKeys().publicKey).not.toEqual(side.client.exportEvaluationKeys().publicKey);
  });

  test("without a scale, or with one that is none: refused by server and client", () => {
    for (const scale of [undefined, 0, -1, NaN, Infinity, "1" as unknown as number]) {
      const wrong = { ...ours, scale };
      expectInputError(
        thrownBy(() => side.server.load(wrong)),
        /^load: expected a scale above 0 beside BFV ciphertexts/,
      );
      expectInputError(
        thrownBy(() => side.client.decrypt(wrong)),
        /^decrypt: expected a scale above 0 beside BFV ciphertexts/,
      );
    }
  });

  test("sums, differences and products with plaintexts are those of the values", () => {
    const { he } = side;
    const [a, b] = side.server.load(ours).ciphertexts;
    const slots = (ciphertext: typeof a) =>
      side.client.decrypt({
        shape: [1],
        packing,
        images: encoding === "integers" ? 2 : 1,
        scale: ciphertext.scale,
        ciphertexts: [he.save(ciphertext)],
      }).data[0];
    const at = { level: 1, scale: a.scale };
    expect(slots(he.add(a, b))).toBe(-0.75);
    expect(slots(he.sub(a, b))).toBe(1.75);
    expect(slots(he.addPlain(a, he.encodeScalar(2.5, at)))).toBe(3);
    expect(slots(he.multiplyPlain(a, he.encodeScalar(-1.5, at)))).toBe(-0.75);
    expect(slots(he.multiplyPlain(a, he.encode(Float64Array.of(3), at)))).toBe(1.5);
    expect(slots(he.relinearize(he.multiply(a, b)))).toBe(-0.625);
    expect(slots(he.square(b))).toBe(1.5625);
    expect(slots(he.weightedSum([a, b], [2, -1], 16))).toBe(2.25);
    const product = he.multiplyPlain(a, he.encodeScalar(1, at));
    he.multiplyPlainAddInplace(product, b, he.encodeScalar(2, at));
    expect(slots(product)).toBe(-2);
    expect(Array.from(he.decode(he.encode(Float64Array.of(-1.5), at)).subarray(0, 1))).toEqual([-1.5]);
  });

  test("rescaling, rotating and other levels are refused by name", () => {
    const [a] = side.server.load(ours).ciphertexts;
    expectInputError(
      thrownBy(() => side.he.rescaleToNext(a)),
      /^rescale: BFV has none/,
    );
    expectInputError(
      thrownBy(() => side.he.rotate(a, 1)),
      /^rotation: BFV runs layer by layer/,
    );
    expectInputError(
      thrownBy(() => side.he.modSwitchTo(a, 2)),
      /^modSwitchTo: expected a level from 1 to 1/,
    );
    expectInputError(
      thrownBy(() => side.client.exportEvaluationKeys([{ step: 1, level: 1 }])),
      /^rotation: BFV/,
    );
  });

  test("bytes that are damaged anywhere are loaded or refused with InputError, and the contexts go on", () => {
    const sources = [ours.ciphertexts[0], side.server.save(side.server.load(ours)).ciphertexts[0]];
    const tally = { loaded: 0, refused: 0 };
    fc.assert(
      fc.property(fc.nat(1), fc.nat(), fc.boolean(), (source, seed, head) => {
        const random = seededRandom(seed);
        const bytes = sources[source].slice();
        for (let i = 0; i < 1 + (seed % 8); i++) {
          const position = Math.floor(random() * (head ? 120 : bytes.length));
          bytes[position] ^= 1 << Math.floor(random() * 8);
        }
        const tensor: SerializedTensor = { ...ours, ciphertexts: [bytes, ...ours.ciphertexts.slice(1)] };
        const error = thrownBy(() => side.server.load(tensor)[Symbol.dispose]());
        if (error === undefined) tally.loaded++;
        else {
          expectInputError(error, /^load: /);
          tally.refused++;
        }
        const decrypted = thrownBy(() => side.client.decrypt(tensor));
        if (decrypted !== undefined) expectInputError(decrypted, /^decrypt: /);
      }),
      { seed: 7, numRuns: 100, endOnFailure: true },
    );
    expect(tally.loaded).toBeGreaterThan(10);
    expect(tally.refused).toBeGreaterThan(25);
    expect(side.client.decrypt(ours)).toEqual(values);
  });

  test.each<[string, (view: DataView) => void, RegExp]>([
    ["parms_id", (view) => view.setUint8(16, view.getUint8(16) ^ 1), /parms_id is that of no level/],
    ["is_ntt_form", (view) => view.setUint8(48, 1), /is_ntt_form is 1, expected 0/],
    ["scale", (view) => view.setFloat64(73, 2, true), /scale is 2, expected 1/],
    ["size", (view) => view.setBigUint64(49, 4n, true), /size is 4, expected 2 or 3/],
  ])("a ciphertext of another %s is refused by the field's name", (_, change, message) => {
    const bytes = ours.ciphertexts[0].slice();
    change(new DataView(bytes.buffer));
    const changed = { ...ours, ciphertexts: [bytes, ...ours.ciphertexts.slice(1)] };
    expectInputError(
      thrownBy(() => side.server.load(changed)),
      message,
    );
    expectInputError(
      thrownBy(() => side.client.decrypt(changed)),
      message,
    );
  });

  test("a budget that is used up is an error, not numbers", () => {
    let current = side.server.load(ours);
    const budgets = [side.budget(current)];
    while (budgets.at(-1)! > 0) {
      current = linear(side.he, { weights: tensor([3, 3], new Array<number>(9).fill(0.0625)) })(current);
      // Whatever the values become: integers' scales stay small enough to go on.
      for (const ciphertext of current.ciphertexts) side.he.setScaleInplace(ciphertext, 1);
      current = square(side.he)(current);
      for (const ciphertext of current.ciphertexts) side.he.setScaleInplace(ciphertext, 1);
      budgets.push(side.budget(current));
      expect(budgets.at(-1)).toBeLessThan(budgets.at(-2)!);
    }
    const error = thrownBy(() => side.decrypt(current));
    expect(error).toBeInstanceOf(DecryptionFailedError);
    expectInputError(error, /^decrypt: the noise budget of ciphertext 0 is used up, .*; re-encrypt before/);
  });
});

describe("packings", () => {
  const encrypt = (side: typeof ofFractions, packing: "scalar" | "batch" | "packed") =>
    thrownBy(() => side.client.encrypt(values, { packing }));

  test("are refused by name where the encoding has none", () => {
    expectInputError(
      encrypt(ofFractions, "batch"),
      /^encrypt: packing batch needs integers in slots.*"integers"$/,
    );
    expectInputError(encrypt(ofFractions, "packed"), /^encrypt: packing packed needs rotations.* scalar/);
    expectInputError(encrypt(ofIntegers, "packed"), /^encrypt: packing packed needs rotations.* batch/);
    const foreign = {
      ...ofFractions.client.encrypt(values, { packing: "scalar" }),
      packing: "batch" as const,
    };
    const two = { ...foreign, images: 1, shape: [6] };
    for (const call of [() => ofFractions.server.load(two), () => ofFractions.client.decrypt(two)]) {
      expectInputError(thrownBy(call), /packing batch needs integers in slots/);
    }
  });

  test("scalar holds integers as well, the same in all slots", () => {
    expect(encrypt(ofIntegers, "scalar")).toBeUndefined();
    const sent = ofIntegers.client.encrypt(values, { packing: "scalar" });
    expect(ofIntegers.client.decrypt(sent)).toEqual(values);
  });

  test("what is too large for digits or slots is not encrypted", () => {
    for (const [side, packing] of [
      [ofFractions, "scalar"],
      [ofIntegers, "batch"],
    ] as const) {
      for (const value of [2 ** 65, NaN, Infinity]) {
        const error = thrownBy(() => side.client.encrypt(tensor([1, 1], [value]), { packing }));
        expectInputError(error, /^encrypt: expected finite values below/);
      }
    }
    expectInputError(
      thrownBy(() => ofIntegers.client.encrypt(zeros([1025, 1]), { packing: "batch" })),
      /at most 1024 images/,
    );
  });
});

describe("what is CKKS's alone refuses BFV by name", () => {
  test("plans, programs, the clear twin, the kernel evaluator", async () => {
    const parameters = fractional as never;
    expectInputError(
      thrownBy(() => new ClearEvaluator(parameters)),
      /^ClearEvaluator: expected CKKS parameters, got those of BFV/,
    );
    expectInputError(
      thrownBy(() => checkParameters(parameters)),
      /^parameters: scheme: expected "ckks"; BFV parameters are made with checkBfvParameters/,
    );
    expectInputError(
      thrownBy(() => planModel(smallModel, { parameters })),
      /^plan: expected CKKS parameters, got those of BFV/,
    );
    expectInputError(await rejectedBy(() => compile(smallModel, { packing: "batch", parameters })), /BFV/);
    const plan = planModel(smallModel, { parameters: lazyParameters });
    expectInputError(
      thrownBy(() => encodePlan(ofFractions.he as never, plan)),
      /^encodePlan: expected CKKS parameters, got those of BFV/,
    );
    expectInputError(
      await rejectedBy(() => PublicContext.open(fractional, { evaluator: "kernel" })),
      /^evaluator "kernel": it computes in CKKS only/,
    );
  });

  test("noise budgets are BFV's, and CKKS says so", async () => {
    const { client } = await openSeal(lazyParameters);
    const sent = client.encrypt(randomTensor([1, 2], 1), { packing: "batch" });
    expectInputError(
      thrownBy(() => client.noiseBudget(sent)),
      /^noiseBudget: CKKS has none/,
    );
  });
});

describe("keys", () => {
  test("of other parameters, or damaged, are refused", async () => {
    const keys = ofFractions.client.exportEvaluationKeys();
    for (const wrong of [
      { ...keys, publicKey: keys.relinKeys! },
      { ...keys, relinKeys: keys.publicKey },
      { ...keys, publicKey: keys.publicKey.slice(0, -1) },
      ofIntegers.client.exportEvaluationKeys(),
    ]) {
      expectInputError(await rejectedBy(() => PublicContext.load(fractional, wrong)));
    }
    const { client } = await openBfv(withoutKeySwitching);
    expectInputError(
      await rejectedBy(() =>
        PublicContext.load(withoutKeySwitching, {
          ...client.exportEvaluationKeys(),
          relinKeys: keys.relinKeys,
        }),
      ),
      /^relinearization keys: one prime of 54 bits/,
    );
  });

  test("let two clients share what a context encoded, and keep their ciphertexts apart", async () => {
    const other = await SecretContext.create(fractional);
    using server = ofFractions.server.withKeys(other.exportEvaluationKeys());
    expect(server.evaluator).toBeInstanceOf(BfvEvaluator);
    const theirs = server.load(other.encrypt(values, { packing: "scalar" }));
    expect(other.decrypt(server.save(theirs))).toEqual(values);
    expectInputError(
      thrownBy(() => square(ofFractions.he)(theirs)),
      /ciphertext: it belongs to another context/,
    );
    expectInputError(
      thrownBy(() => ofFractions.client.decrypt(server.save(theirs))),
      /noise budget of ciphertext 0 is used up/,
    );
  });

  test("a context without keys says what it lacks", async () => {
    const server = await PublicContext.open(fractional);
    const input = server.load(ofFractions.client.encrypt(values, { packing: "scalar" }));
    expectInputError(
      thrownBy(() => square(server.evaluator)(input)),
      /there are no relinearization keys/,
    );
    expectInputError(
      thrownBy(() => linear(server.evaluator, { weights: zeros([1, 3]) })(input)),
      /^linear "linear": encryptZero: there is no public key/,
    );
  });
});
