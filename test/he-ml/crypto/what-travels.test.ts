import { describe, expect, test } from "@jest/globals";
import type { Ciphertext } from "../../../src/he-ml/crypto/ciphertext.js";
import { byteLength } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import { layerPackings } from "../../../src/he-ml/crypto/packing.js";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { tensor, zeros } from "../../../src/he-ml/tensor/tensor.js";
import {
  encryptSlots,
  maxAbsDifference,
  openClear,
  openSeal,
  randomTensor,
  rejectedBy,
  rootMeanSquare,
  thrownBy,
} from "../support.js";
import {
  parameters,
  polyModulusDegree,
  levels,
  slots,
  fullBytes,
  tolerance,
  images,
  expectInputError,
  expectUnharmed,
  ours,
  side,
} from "./contexts.js";

describe("what travels", () => {
  test.each(layerPackings)("encrypt, load, save, decrypt gives the images back, packing %s", (packing) => {
    const travelling = side.client.encrypt(images, { packing });
    expect({ ...travelling, ciphertexts: travelling.ciphertexts.length }).toEqual({
      shape: [2, 2, 1],
      packing,
      images: 3,
      ciphertexts: packing === "scalar" ? 12 : 4,
    });
    using loaded = side.server.load(travelling);
    expect([loaded.level, loaded.scale, loaded.shape]).toEqual([levels, 2 ** 20, [2, 2, 1]]);
    const returned = side.server.save(loaded);
    const decrypted = side.client.decrypt(returned);
    expect(decrypted.shape).toEqual([3, 2, 2, 1]);
    expect(maxAbsDifference(decrypted.data, images.data)).toBeLessThan(tolerance);
  });

  test("packing scalar repeats a value in every slot, batch puts an image in each", () => {
    using scalar = side.encrypt(tensor([1, 1], [0.5]), "scalar");
    expect(
      maxAbsDifference(side.slots(scalar.ciphertexts[0]), new Float64Array(slots).fill(0.5)),
    ).toBeLessThan(tolerance);
    using batch = side.encrypt(tensor([2, 1], [0.5, -1]), "batch");
    const expected = new Float64Array(slots);
    expected.set([0.5, -1]);
    expect(maxAbsDifference(side.slots(batch.ciphertexts[0]), expected)).toBeLessThan(tolerance);
  });

  test("the bytes are plain Uint8Arrays that survive another copy of the memory", () => {
    const copied = structuredClone(ours);
    for (const bytes of copied.ciphertexts) expect(ArrayBuffer.isView(bytes)).toBe(true);
    expect(maxAbsDifference(side.client.decrypt(copied).data, images.data)).toBeLessThan(tolerance);
  });

  test("a client's ciphertext is seeded: half of what the server sends back at the same level", () => {
    using loaded = side.server.load(ours);
    const sent = byteLength(ours) / ours.ciphertexts.length;
    const returned = byteLength(side.server.save(loaded)) / ours.ciphertexts.length;
    expect(returned - fullBytes).toBeGreaterThan(0);
    expect(returned - fullBytes).toBeLessThan(200);
    expect(sent - fullBytes / 2).toBeGreaterThan(0);
    expect(sent - fullBytes / 2).toBeLessThan(300);
  });

  test("two encryptions of the same images share no bytes but headers", () => {
    const again = side.client.encrypt(images, { packing: "batch" });
    const [first, second] = [ours.ciphertexts[0], again.ciphertexts[0]];
    const same = first.filter((byte, i) => byte === second[i]).length;
    // 1/256 of random bytes agree, and the high bytes of 50-bit residues in 64-bit words.
    expect(first.length).toBe(second.length);
    expect(same / first.length).toBeLessThan(0.3);
  });

  test("a batch that fills every slot comes back, one image more is refused on both sides", () => {
    const full = randomTensor([slots, 2], 5);
    using loaded = side.encrypt(full, "batch");
    expect(maxAbsDifference(side.decrypt(loaded).data, full.data)).toBeLessThan(tolerance);
    const tooMany = zeros([slots + 1, 2]);
    const expected = `packing batch: expected at most ${slots} images, one a slot, got ${slots + 1}`;
    for (const he of [side, openClear(parameters)]) {
      expectInputError(
        thrownBy(() => he.encrypt(tooMany, "batch")),
        expected,
      );
    }
    expectInputError(
      thrownBy(() => side.server.load({ ...ours, images: slots + 1 })),
      /at most 512 images/,
    );
  });

  test.each([
    ["NaN", NaN],
    ["an infinity", -Infinity],
    ["a value that wraps around", 2 ** 137],
  ])("%s in an image is refused on both sides with the same message", (_, value) => {
    const batch = tensor([1, 2], [0, value]);
    const [seal, clear] = [side, openClear(parameters)].map((he) =>
      thrownBy(() => he.encrypt(batch, "scalar")),
    );
    expectInputError(seal, /^encrypt: expected finite values below 2\^136 at a scale of 2\^20, got /);
    expect(String(clear)).toBe(String(seal));
  });

  test("the largest value that is accepted comes back", () => {
    const largest = tensor([1, 2], [2 ** 135, -(2 ** 135)]);
    using loaded = side.encrypt(largest, "scalar");
    const decrypted = side.decrypt(loaded);
    expect(decrypted.data[0] / 2 ** 135).toBeCloseTo(1, 6);
    expect(decrypted.data[1] / 2 ** 135).toBeCloseTo(-1, 6);
  });
});

describe("ciphertexts that do not belong", () => {
  test.each([
    ["another degree", { polyModulusDegree: 2048 }],
    ["another chain", { coeffModulusBits: [50, 60, 47, 60] }],
    ["a longer chain", { coeffModulusBits: [50, 60, 48, 48, 60] }],
  ])("of parameters with %s are refused by server and client", async (_, change) => {
    const { coeffModulusBits, scaleBits } = parameters;
    const other = checkParameters({
      polyModulusDegree,
      coeffModulusBits: [...coeffModulusBits],
      scaleBits,
      security: "teaching",
      ...change,
    });
    const client = await SecretContext.create(other);
    const foreign = client.encrypt(images, { packing: "batch" });
    expectInputError(thrownBy(() => side.server.load(foreign)));
    expectInputError(thrownBy(() => side.client.decrypt(foreign)));
    expectInputError(await rejectedBy(() => PublicContext.load(parameters, client.exportEvaluationKeys())));
    expectInputError(
      await rejectedBy(() => SecretContext.fromSecretKey(parameters, client.exportSecretKey())),
    );
    expectUnharmed();
  });

  test("of another key decrypt to garbage: nothing in a ciphertext says whose it is", async () => {
    const stranger = await SecretContext.create(parameters);
    const garbage = side.client.decrypt(stranger.encrypt(images, { packing: "batch" }));
    // Uniform modulo 2^158 at a scale of 2^20.
    expect(rootMeanSquare(garbage.data)).toBeGreaterThan(2 ** 100);
  });

  test("of another context are refused when used as they are: they live in another memory", async () => {
    const other = await openSeal(parameters);
    const [mine, theirs] = [encryptSlots(side, [1]), encryptSlots(other, [1])];
    const { evaluator } = side.server;
    const uses: (() => unknown)[] = [
      () => evaluator.add(mine, theirs),
      () => evaluator.add(theirs, mine),
      () => evaluator.square(theirs),
      () => evaluator.copy(theirs),
      () => evaluator.save(theirs),
      () => evaluator.rescaleToNextInplace(theirs),
      () => evaluator.setScaleInplace(theirs, 2 ** 21),
    ];
    const message =
      "ciphertext: it belongs to another context; save it there and load it here, as it would travel";
    for (const use of uses) expectInputError(thrownBy(use), message);
    const plain = other.evaluator.encodeScalar(1, mine);
    expectInputError(
      thrownBy(() => evaluator.addPlain(mine, plain)),
      "plaintext: it was encoded by another evaluator; encode it with this one",
    );
    expect(other.slots(theirs)[0]).toBeCloseTo(1, 1);
    expectUnharmed();
  });

  test("of the clear twin are refused by SEAL, and SEAL's by the twin", () => {
    const clear = openClear(parameters);
    const [real, pretended] = [encryptSlots(side, [1]), encryptSlots(clear, [1])];
    expectInputError(
      thrownBy(() => side.evaluator.add(real, pretended)),
      "it belongs to another context",
    );
    expectInputError(
      thrownBy(() => clear.evaluator.add(pretended, real)),
      "it belongs to another context",
    );
    const plain = side.evaluator.encodeScalar(1, real);
    expectInputError(
      thrownBy(() => clear.evaluator.addPlain(pretended, plain)),
      "it was encoded by another evaluator",
    );
    const pretendedPlain = clear.evaluator.encodeScalar(1, real);
    expectInputError(
      thrownBy(() => side.evaluator.addPlain(real, pretendedPlain)),
      "it was encoded by another evaluator",
    );
  });

  test("that were disposed of are refused, whatever the operation; disposing twice is harmless", () => {
    const { evaluator } = side.server;
    const alive = encryptSlots(side, [1]);
    const dead = encryptSlots(side, [1]);
    const deadPlain = evaluator.encodeScalar(1, alive);
    for (const handle of [dead, deadPlain]) {
      handle[Symbol.dispose]();
      handle[Symbol.dispose]();
    }
    const livePlain = evaluator.encodeScalar(1, alive);
    const uses: (() => unknown)[] = [
      () => evaluator.add(alive, dead),
      () => evaluator.addInplace(dead, alive),
      () => evaluator.sub(dead, alive),
      () => evaluator.addPlainInplace(dead, livePlain),
      () => evaluator.addPlainInplace(alive, deadPlain),
      () => evaluator.multiplyPlain(alive, deadPlain),
      () => evaluator.multiplyPlainAddInplace(alive, dead, livePlain),
      () => evaluator.multiply(alive, dead),
      () => evaluator.squareInplace(dead),
      () => evaluator.relinearizeInplace(dead),
      () => evaluator.rescaleToNextInplace(dead),
      () => evaluator.modSwitchToInplace(dead, 1),
      () => evaluator.setScaleInplace(dead, 4),
      () => evaluator.copy(dead),
      () => evaluator.save(dead),
    ];
    for (const use of uses) expectInputError(thrownBy(use), "it was disposed of already");
    expect(side.slots(alive)[0]).toBeCloseTo(1, 1);
  });
});

describe("operations in place", () => {
  const inplace: [
    string,
    (a: Ciphertext, b: Ciphertext) => void,
    expected: (a: number, b: number) => number,
  ][] = [
    ["addInplace", (a, b) => side.evaluator.addInplace(a, b), (a, b) => a + b],
    [
      "addPlainInplace",
      (a) => side.evaluator.addPlainInplace(a, side.evaluator.encodeScalar(3, a)),
      (a) => a + 3,
    ],
    ["squareInplace", (a) => side.evaluator.squareInplace(a), (a) => a * a],
    ["setScaleInplace", (a) => side.evaluator.setScaleInplace(a, 4 * a.scale), (a) => a / 4],
    ["modSwitchToInplace", (a) => side.evaluator.modSwitchToInplace(a, 1), (a) => a],
  ];
  test.each(inplace)("%s changes its first operand only", (_, work, expected) => {
    const [a, b] = [encryptSlots(side, [0.5, -2]), encryptSlots(side, [1.5, 4])];
    work(a, b);
    const [first, second] = side.slots(a);
    expect(first).toBeCloseTo(expected(0.5, 1.5), 1);
    expect(second).toBeCloseTo(expected(-2, 4), 1);
    expect(side.slots(b)[0]).toBeCloseTo(1.5, 1);
  });

  test("a ciphertext minus itself or its copy is refused as transparent, an equal encryption is not", () => {
    const a = encryptSlots(side, [1, 2]);
    const message = /^sub: .*transparent.*use encryptZero$/;
    expectInputError(
      thrownBy(() => side.evaluator.sub(a, a)),
      message,
    );
    expectInputError(
      thrownBy(() => side.evaluator.sub(a, side.evaluator.copy(a))),
      message,
    );
    const difference = side.evaluator.sub(a, encryptSlots(side, [1, 2]));
    expect(rootMeanSquare(side.slots(difference))).toBeLessThan(tolerance);
  });
});
