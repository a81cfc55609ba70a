import { beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import type { SlotLayout } from "../../../src/he-ml/crypto/slot-layout.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { ClearContext } from "../../../src/he-ml/crypto/clear-context.js";
import {
  lazyParameters,
  maxAbsDifference,
  openSeal,
  randomTensor,
  seededRandom,
  thrownBy,
  type SealSide,
} from "../support.js";

const parameters = lazyParameters;
const { slots } = parameters;
const context = new ClearContext(parameters);

/** Every value in one to three slots of one to three ciphertexts. */
const layouts = fc
  .record({
    size: fc.integer({ min: 1, max: 40 }),
    ciphertexts: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(9999),
  })
  .map(({ size, ciphertexts, seed }) => {
    const random = seededRandom(seed);
    const layout = Array.from({ length: ciphertexts }, () => new Array<number>(slots).fill(-1));
    for (let value = 0; value < size; value++) {
      for (let copy = 0; copy <= value % 3; copy++) {
        let held: number[];
        let slot: number;
        do {
          held = layout[Math.floor(random() * ciphertexts)];
          slot = Math.floor(random() * slots);
        } while (held[slot] >= 0);
        held[slot] = value;
      }
    }
    return { size, layout };
  });

test("random layouts of several images come back from the clear twin as they were", () => {
  fc.assert(
    fc.property(layouts, fc.integer({ min: 1, max: 3 }), ({ size, layout }, images) => {
      const batch = randomTensor([images, size], size);
      const packed = context.encrypt(batch, { packing: "packed", slotLayout: layout });
      expect(packed.ciphertexts).toHaveLength(images * layout.length);
      expect(context.decrypt(packed)).toEqual(batch);
      for (const [i, ciphertext] of packed.ciphertexts.entries()) {
        const image = Math.floor(i / layout.length);
        const expected = layout[i % layout.length].map((value) =>
          value < 0 ? 0 : batch.data[image * size + value],
        );
        expect([...context.evaluator.decrypt(ciphertext)]).toEqual(expected);
      }
    }),
    { seed: 91, numRuns: 20 },
  );
});

describe("on SEAL", () => {
  let seal: SealSide;
  beforeAll(async () => {
    seal = await openSeal(parameters);
  });

  test("images in several ciphertexts travel there and back", () => {
    const batch = randomTensor([2, 5], 1);
    const slotLayout = [
      [0, 1, 2, -1],
      [-1, 4, 3],
    ];
    const message = seal.client.encrypt(batch, { packing: "packed", slotLayout });
    expect(message.ciphertexts).toHaveLength(4);
    using loaded = seal.server.load(message);
    const back = seal.client.decrypt(seal.server.save(loaded));
    expect(back.shape).toEqual([2, 5]);
    expect(maxAbsDifference(back.data, batch.data)).toBeLessThan(0.01);
  });

  const refusals: [string, SlotLayout | undefined, RegExp][] = [
    ["no layout", undefined, /packing packed needs a slot layout/],
    ["no ciphertext", [], /expected at least one ciphertext|take 0 ciphertexts/],
    [
      "too many slots",
      [new Int32Array(slots + 1).fill(-1)],
      /expected at most 512 slots a ciphertext, got 513/,
    ],
    ["a position too high", [[0, 1, 2]], /expected positions from 0 to 1, or -1 for none, got 2 in slot 2/],
    ["a position below −1", [[0, 1, -2]], /got -2 in slot 2/],
    ["half a position", [[0, 1, 0.5]], /got 0.5 in slot 2/],
    ["NaN", [[0, 1, NaN]], /got NaN in slot 2/],
    ["a text", [[0, 1, "0"] as unknown as number[]], /got 0 in slot 2/],
    ["null", [[0, 1, null] as unknown as number[]], /got null in slot 2/],
  ];
  test.each(refusals)("%s: refused in encrypting, loading and decrypting", (_, slotLayout, message) => {
    const batch = randomTensor([1, 2], 1);
    const sound = seal.client.encrypt(batch, { packing: "packed", slotLayout: [[0, 1]] });
    for (const work of [
      () => seal.client.encrypt(batch, { packing: "packed", slotLayout }),
      () => context.encrypt(batch, { packing: "packed", slotLayout }),
      () =>
        seal.server.load({
          ...sound,
          slotLayout,
          ciphertexts: slotLayout?.length === 0 ? [] : sound.ciphertexts,
        }),
      () =>
        seal.client.decrypt({
          ...sound,
          slotLayout,
          ciphertexts: slotLayout?.length === 0 ? [] : sound.ciphertexts,
        }),
    ]) {
      const error = thrownBy(work);
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).message).toMatch(message);
    }
  });

  test("a value that lies in no slot cannot be read, and too few ciphertexts are refused", () => {
    const message = seal.client.encrypt(randomTensor([1, 2], 1), { packing: "packed", slotLayout: [[0, 1]] });
    expect(() => seal.client.decrypt({ ...message, slotLayout: [[0]] })).toThrow(
      /value 1 of 2 lies in no slot/,
    );
    expect(() => seal.client.decrypt({ ...message, slotLayout: [[0], [1]] })).toThrow(InputError);
    expect(() => seal.server.load({ ...message, slotLayout: [[0], [1]] })).toThrow(InputError);
  });
});
