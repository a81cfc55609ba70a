import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { EncryptedTensor, type SerializedTensor } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import type { EvaluatorKind } from "../../../src/he-ml/crypto/evaluator-kind.js";
import type { Packing } from "../../../src/he-ml/crypto/packing.js";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import { zeros } from "../../../src/he-ml/tensor/tensor.js";
import {
  encryptSlots,
  lazyParameters,
  openServer,
  rejectedBy,
  seededRandom,
  thrownBy,
  type SealSide,
} from "../support.js";
import {
  parameters,
  polyModulusDegree,
  levels,
  fullBytes,
  expectInputError,
  ours,
  side as sealSide,
  expectUnharmed,
  withFirst,
} from "./contexts.js";

/** That whoever computes refuses what is damaged, and goes on. */
export const describeDamagedInput = (kind: EvaluatorKind) =>
  describe(`damaged input, evaluator ${kind}`, () => {
    let side: SealSide;
    beforeAll(async () => {
      side = kind === "seal" ? sealSide : await openServer(sealSide.client, { evaluator: kind });
    });
    afterAll(() => side.server[Symbol.dispose]());

    test("truncated anywhere, empty or with a tail cut off: refused by server and client", () => {
      const [bytes] = ours.ciphertexts;
      const lengths = [0, 1, 5, 15, 16, 17, 48, 49, 64, 100, 1000, bytes.length >> 1, bytes.length - 1];
      for (const length of lengths) {
        const cut = withFirst(bytes.slice(0, length));
        expectInputError(thrownBy(() => side.server.load(cut)));
        expectInputError(thrownBy(() => side.client.decrypt(cut)));
      }
      expectUnharmed(side);
    });

    test("larger than any ciphertext of these parameters: refused before SEAL sees a byte", () => {
      const oversized = withFirst(new Uint8Array(113 + 3 * 8 * polyModulusDegree * levels + 1));
      expectInputError(
        thrownBy(() => side.server.load(oversized)),
        /^load: expected at most 73841 bytes under these parameters, got 73842$/,
      );
    });

    test("images with fewer values than their shape holds are not encrypted", () => {
      const short = { shape: [1, ...ours.shape], data: new Float64Array(1) };
      expectInputError(
        thrownBy(() => side.client.encrypt(short, { packing: "batch" })),
        /^encrypt: expected a tensor, got 1 values for/,
      );
    });

    test.each([1e-310, 1e-250])("a scale of %p, under which nothing fits, is found", (scale) => {
      const damaged = ours.ciphertexts.map((bytes) => {
        const copy = bytes.slice();
        new DataView(copy.buffer).setFloat64(73, scale, true);
        return copy;
      });
      expectInputError(
        thrownBy(() => side.client.decrypt({ ...ours, ciphertexts: damaged })),
        /^decrypt: .*(scale is 1e-310|its scale is damaged)/,
      );
    });

    test("a message says what to do, and keeps SEAL's own words as its cause", () => {
      // A coefficient that is no residue.
      const beyond = ours.ciphertexts[0].slice().fill(255, 1000, 1008);
      const error = thrownBy(() => side.server.load(withFirst(beyond))) as Error;
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
        expectInputError(
          await rejectedBy(() => PublicContext.load(lazyParameters, bad)),
          /at most \d+ bytes/,
        );
      }
      expectInputError(
        await rejectedBy(() => SecretContext.fromSecretKey(lazyParameters, long)),
        /at most \d+ bytes/,
      );
      const nothing = [undefined as unknown as Uint8Array];
      expectInputError(
        thrownBy(() =>
          side.server.load({ ...ours, ciphertexts: [...nothing, ...ours.ciphertexts.slice(1)] }),
        ),
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
      expectUnharmed(side);

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
      expectUnharmed(side);
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
