import { beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import initialize from "node-seal";
import type { Ciphertext } from "../../../src/he-ml/crypto/ciphertext.js";
import {
  byteLength,
  EncryptedTensor,
  type SerializedTensor,
} from "../../../src/he-ml/crypto/encrypted-tensor.js";
import { layerPackings, type Packing } from "../../../src/he-ml/crypto/packing.js";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { tensor, zeros } from "../../../src/he-ml/tensor/tensor.js";
import {
  encryptSlots,
  lazyParameters,
  maxAbsDifference,
  openClear,
  openSeal,
  randomTensor,
  rejectedBy,
  rootMeanSquare,
  seededRandom,
  thrownBy,
  type SealSide,
} from "../support.js";

const parameters = lazyParameters;
const { polyModulusDegree, levels, slots } = parameters;
/** Two polynomials at the top level. */
const fullBytes = 2 * levels * polyModulusDegree * 8;
/** Errors of fresh encryptions at 2^20 stay far below this, values of other keys far above. */
const tolerance = 0.01;

const images = randomTensor([3, 2, 2, 1], 1);
let side: SealSide;
let ours: SerializedTensor;
beforeAll(async () => {
  side = await openSeal(parameters);
  ours = side.client.encrypt(images, { packing: "batch" });
});

function expectInputError(error: unknown, message?: RegExp | string): void {
  expect(error).toBeInstanceOf(InputError);
  if (message) expect((error as InputError).message).toMatch(message);
}

/** That the context did not take harm: a round trip still works. */
function expectUnharmed(): void {
  using loaded = side.server.load(ours);
  expect(maxAbsDifference(side.decrypt(loaded).data, images.data)).toBeLessThan(tolerance);
}

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

describe("damaged input", () => {
  const withFirst = (bytes: Uint8Array): SerializedTensor => ({
    ...ours,
    ciphertexts: [bytes, ...ours.ciphertexts.slice(1)],
  });

  test("truncated anywhere, empty or with a tail cut off: refused by server and client", () => {
    const [bytes] = ours.ciphertexts;
    const lengths = [0, 1, 5, 15, 16, 17, 48, 49, 64, 100, 1000, bytes.length >> 1, bytes.length - 1];
    for (const length of lengths) {
      const cut = withFirst(bytes.slice(0, length));
      expectInputError(thrownBy(() => side.server.load(cut)));
      expectInputError(thrownBy(() => side.client.decrypt(cut)));
    }
    expectUnharmed();
  });

  test("larger than any ciphertext of these parameters: refused before SEAL sees a byte", () => {
    const oversized = withFirst(new Uint8Array(3 * (8 * polyModulusDegree * (levels + 1) + 512) + 1));
    expectInputError(
      thrownBy(() => side.server.load(oversized)),
      /^load: expected at most 99840 bytes under these parameters, got 99841$/,
    );
  });

  test("a message says what to do, and keeps SEAL's own words as its cause", () => {
    const error = thrownBy(() => side.server.load(withFirst(ours.ciphertexts[0].slice(0, 100)))) as Error;
    expect(error.message).toMatch(/^load: the bytes are damaged, .*; save them again/);
    expect(String(error.cause)).toMatch(/refused by SEAL/);
  });

  test("keys longer than any of these parameters, and what is no bytes: refused before SEAL sees them", async () => {
    const keys = side.client.exportEvaluationKeys();
    const long = new Uint8Array(10_000_000);
    for (const bad of [
      { ...keys, publicKey: long },
      { ...keys, relinKeys: long },
    ]) {
      expectInputError(await rejectedBy(() => PublicContext.load(lazyParameters, bad)), /at most \d+ bytes/);
    }
    expectInputError(
      await rejectedBy(() => SecretContext.fromSecretKey(lazyParameters, long)),
      /at most \d+ bytes/,
    );
    const nothing = [undefined as unknown as Uint8Array];
    expectInputError(
      thrownBy(() => side.server.load({ ...ours, ciphertexts: [...nothing, ...ours.ciphertexts.slice(1)] })),
    );
  });

  test("images that cannot be encrypted, and a tensor too large to be loaded", () => {
    const encrypt = (shape: number[], packing: Packing) =>
      thrownBy(() => side.client.encrypt(zeros(shape), { packing }));
    expectInputError(encrypt([0, 4], "batch"), /at least one image/);
    expectInputError(encrypt([2, 0], "batch"), /at least one image/);
    expectInputError(encrypt([1, 4], "dense" as Packing), /expected packing scalar or batch/);
    expectInputError(encrypt([300, 1000], "scalar"), /would take \d+ GiB.*packing batch/);
  });

  test("too few, too many or no ciphertexts, or a layout that is none: refused by server and client", () => {
    const wrong: SerializedTensor[] = [
      { ...ours, ciphertexts: ours.ciphertexts.slice(1) },
      { ...ours, ciphertexts: [...ours.ciphertexts, ours.ciphertexts[0]] },
      { ...ours, ciphertexts: [] },
      { ...ours, shape: [2, 2, 2] },
      { ...ours, shape: [0], ciphertexts: [] },
      { ...ours, packing: "scalar" },
      { ...ours, packing: "packed" as Packing },
      ...[0, -1, 1.5, NaN].map((images) => ({ ...ours, images })),
    ];
    for (const serialized of wrong) {
      expectInputError(
        thrownBy(() => side.server.load(serialized)),
        /^encrypted tensor: /,
      );
      expectInputError(
        thrownBy(() => side.client.decrypt(serialized)),
        /^encrypted tensor: /,
      );
    }
  });

  test("ciphertexts of unequal level or scale make no tensor", () => {
    const [a, b] = [encryptSlots(side, [1]), encryptSlots(side, [1])];
    const layout = { shape: [2], packing: "batch", images: 1 } as const;
    const lower = side.evaluator.modSwitchTo(b, 2);
    expectInputError(
      thrownBy(() => new EncryptedTensor(layout, [a, lower])),
      /another level or scale/,
    );
    side.evaluator.setScaleInplace(b, 2 ** 21);
    expectInputError(
      thrownBy(() => new EncryptedTensor(layout, [a, b])),
      /another level or scale/,
    );
  });

  test("three polynomials, not relinearized: refused by the server, readable for the client", () => {
    const squared = side.evaluator.square(encryptSlots(side, [0.5]));
    const bytes = side.evaluator.save(squared);
    expectInputError(
      thrownBy(() => side.evaluator.load(bytes)),
      /expected a relinearized CKKS ciphertext of 2 polynomials, got 3/,
    );
    expect(side.slots(squared)[0]).toBeCloseTo(0.25, 1);
  });

  test("a scale that is none, or beyond the modulus, in otherwise sound bytes: refused", () => {
    const fresh = encryptSlots(side, [1]);
    const sound = side.evaluator.save(fresh);
    // The last double before the coefficients that reads 2^20.
    const view = new DataView(sound.buffer, sound.byteOffset, sound.byteLength);
    const offsets = Array.from({ length: 200 }, (_, i) => i).filter(
      (i) => view.getFloat64(i, true) === 2 ** 20,
    );
    expect(offsets).toHaveLength(1);
    for (const scale of [0, -1, NaN, Infinity, 2 ** 200, 2 ** 158]) {
      view.setFloat64(offsets[0], scale, true);
      expectInputError(thrownBy(() => side.evaluator.load(sound)));
    }
    view.setFloat64(offsets[0], 2 ** 21, true);
    expect(side.slots(side.evaluator.load(sound))[0]).toBeCloseTo(0.5, 1);
  });

  test("a transparent ciphertext, whose second polynomial is zero: refused", () => {
    const sound = side.evaluator.save(encryptSlots(side, [1]));
    sound.fill(0, sound.length - fullBytes / 2);
    expectInputError(
      thrownBy(() => side.evaluator.load(sound)),
      /transparent/,
    );
  });

  test("compressed bytes, which could inflate to gigabytes: refused everywhere", async () => {
    const seal = await initialize();
    using parms = new seal.EncryptionParameters(seal.SchemeType.ckks);
    parms.setPolyModulusDegree(polyModulusDegree);
    using primes = seal.CoeffModulus.Create(polyModulusDegree, Int32Array.from(parameters.coeffModulusBits));
    parms.setCoeffModulus(primes);
    using context = new seal.SEALContext(parms, true, seal.SecLevelType.none);
    const recompress = (
      object: { loadFromArray(c: unknown, b: unknown): void; saveToArray(m: unknown): Uint8Array },
      bytes: Uint8Array,
      mode: unknown,
    ) => {
      object.loadFromArray(context, bytes);
      return object.saveToArray(mode);
    };
    for (const mode of [seal.ComprModeType.zlib, seal.ComprModeType.zstd]) {
      const bytes = recompress(new seal.Ciphertext(), ours.ciphertexts[0], mode);
      // SEAL itself takes them.
      new seal.Ciphertext().loadFromArray(context, bytes);
      expectInputError(
        thrownBy(() => side.server.load(withFirst(bytes))),
        /uncompressed/,
      );
      expectInputError(
        thrownBy(() => side.client.decrypt(withFirst(bytes))),
        /uncompressed/,
      );
      const keys = side.client.exportEvaluationKeys();
      const publicKey = recompress(new seal.PublicKey(), keys.publicKey, mode);
      expectInputError(await rejectedBy(() => PublicContext.load(parameters, { ...keys, publicKey })));
      const relinKeys = recompress(new seal.RelinKeys(), keys.relinKeys, mode);
      expectInputError(await rejectedBy(() => PublicContext.load(parameters, { ...keys, relinKeys })));
      const secretKey = recompress(new seal.SecretKey(), side.client.exportSecretKey(), mode);
      expectInputError(await rejectedBy(() => SecretContext.fromSecretKey(parameters, secretKey)));
    }
  });

  test("400 ciphertexts with flipped bits: loaded or refused with InputError, and the context goes on", () => {
    const sources = [ours.ciphertexts[0], side.evaluator.save(encryptSlots(side, [1]))];
    const tally = { loaded: 0, refused: 0 };
    fc.assert(
      fc.property(
        fc.nat(1),
        fc.nat(),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        (source, seed, flips, head) => {
          const random = seededRandom(seed);
          const bytes = sources[source].slice();
          for (let i = 0; i < flips; i++) {
            // Half of the runs strike the headers, where flips do the most harm.
            const position = Math.floor(random() * (head ? 120 : bytes.length));
            bytes[position] ^= 1 << Math.floor(random() * 8);
          }
          const error = thrownBy(() => side.evaluator.load(bytes)[Symbol.dispose]());
          if (error === undefined) tally.loaded++;
          else {
            expectInputError(error, /^load: /);
            tally.refused++;
          }
          expectDecryptable(bytes);
        },
      ),
      { seed: 7, numRuns: 400, endOnFailure: true },
    );
    expect(tally.loaded).toBeGreaterThan(20);
    expect(tally.refused).toBeGreaterThan(100);
    expectUnharmed();

    function expectDecryptable(bytes: Uint8Array): void {
      const error = thrownBy(() => side.client.decrypt({ ...ours, shape: [1], ciphertexts: [bytes] }));
      if (error !== undefined) expectInputError(error, /^decrypt: /);
    }
  });

  test("random bytes behind a sound header: loaded or refused with InputError", () => {
    const [bytes] = ours.ciphertexts;
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(seed);
      const noise = bytes.map((byte, i) => (i < 16 ? byte : Math.floor(random() * 256)));
      expectInputError(
        thrownBy(() => side.evaluator.load(noise)),
        /^load: /,
      );
    }
    expectUnharmed();
  });

  test("damaged keys are refused with InputError", async () => {
    const keys = side.client.exportEvaluationKeys();
    const damaged = [
      { ...keys, publicKey: keys.relinKeys },
      { ...keys, relinKeys: keys.publicKey },
      { ...keys, publicKey: new Uint8Array(0) },
      { ...keys, relinKeys: keys.relinKeys.slice(0, -1) },
    ];
    for (const wrong of damaged)
      expectInputError(await rejectedBy(() => PublicContext.load(parameters, wrong)));
    const secret = side.client.exportSecretKey();
    for (const wrong of [new Uint8Array(0), secret.slice(0, -1), secret.slice(0, 40)]) {
      expectInputError(await rejectedBy(() => SecretContext.fromSecretKey(parameters, wrong)));
    }
  });
});

describe("the secret key", () => {
  test("is taken up from a Node Buffer, which files and sockets give, and so are ciphertexts", async () => {
    const owner = await SecretContext.create(parameters);
    const sent = owner.encrypt(images, { packing: "batch" });
    const again = await SecretContext.fromSecretKey(parameters, Buffer.from(owner.exportSecretKey()));
    const fromBuffers = sent.ciphertexts.map((bytes) => Buffer.from(bytes));
    expect(again.decrypt({ ...sent, ciphertexts: fromBuffers })).toEqual(owner.decrypt(sent));
  });

  test("exported and taken up again decrypts what was encrypted before, and its new public keys work", async () => {
    const again = await SecretContext.fromSecretKey(parameters, side.client.exportSecretKey());
    expect(maxAbsDifference(again.decrypt(ours).data, images.data)).toBeLessThan(tolerance);
    expect(again.exportSecretKey()).toEqual(side.client.exportSecretKey());

    const keys = again.exportEvaluationKeys();
    expect(keys.publicKey).not.toEqual(side.client.exportEvaluationKeys().publicKey);
    const server = await PublicContext.load(parameters, keys);
    using loaded = server.load(ours);
    const [first] = loaded.ciphertexts;
    const product = server.evaluator.relinearize(server.evaluator.square(first));
    const [decrypted] = side.client.decrypt({
      shape: [1],
      packing: "batch",
      images: 1,
      ciphertexts: [server.evaluator.save(product)],
    }).data;
    expect(decrypted).toBeCloseTo(images.data[0] ** 2, 1);
  });

  test("is not what any exported evaluation key loads as", async () => {
    const keys = side.client.exportEvaluationKeys();
    expect(Object.keys(keys).sort()).toEqual(["publicKey", "relinKeys"]);
    for (const bytes of Object.values(keys) as Uint8Array[]) {
      expectInputError(await rejectedBy(() => SecretContext.fromSecretKey(parameters, bytes)));
    }
  });

  test("is not contained in what the client sends: neither keys nor ciphertexts", () => {
    const { publicKey, relinKeys } = side.client.exportEvaluationKeys();
    const secret = side.client.exportSecretKey();
    const sixteen = Buffer.from(secret.subarray(secret.length - 16));
    expect(Buffer.from(secret).includes(sixteen)).toBe(true);
    for (const sent of [publicKey, relinKeys, ...ours.ciphertexts]) {
      expect(Buffer.from(sent).includes(sixteen)).toBe(false);
    }
  });

  test("nothing reachable from a PublicContext is named after secrets or decryption", () => {
    const suspicious = /secret|decrypt/i;
    const names = reachableNames(side.server);
    expect(names).toContain("evaluator");
    expect(names).toContain("multiplyPlainAddInplace");
    expect(names).toContain("parameters");
    expect(names.filter((name) => suspicious.test(name))).toEqual([]);
    expect(
      reachableNames(side.client.exportEvaluationKeys()).filter((name) => suspicious.test(name)),
    ).toEqual([]);
    // The same walk finds them where they are.
    expect(reachableNames(side.client).filter((name) => suspicious.test(name))).toEqual(
      expect.arrayContaining(["decrypt", "exportSecretKey"]),
    );
  });
});

/** Names of all fields and methods, own and inherited, of an object and of all that its fields lead to. */
function reachableNames(start: object): string[] {
  const names = new Set<string>();
  const seen = new Set<object>();
  const visit = (value: object): void => {
    if (seen.has(value) || ArrayBuffer.isView(value)) return;
    seen.add(value);
    for (
      let level: object | null = value;
      level && level !== Object.prototype;
      level = Object.getPrototypeOf(level)
    ) {
      for (const [name, { value: field }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
        names.add(name);
        if (typeof field === "object" && field !== null) visit(field as object);
      }
    }
  };
  visit(start);
  return [...names];
}

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
