import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { InputError } from "../../src/he-ml/errors.js";
import { sizeOf } from "../../src/he-ml/tensor/tensor.js";
import { readIdx, writeIdx } from "../../src/train/idx.js";
import { fileAt } from "../../src/train/node/dataset-files.js";

const idxArrays = fc
  .array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 })
  .chain((shape) =>
    fc.uint8Array({ minLength: sizeOf(shape), maxLength: sizeOf(shape) }).map((data) => ({ shape, data })),
  );

const twoDigits = writeIdx({ shape: [2], data: Uint8Array.of(7, 2) });

const refusal = async (bytes: Uint8Array): Promise<string> => {
  try {
    await readIdx(bytes, "digits.idx");
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error("expected a refusal");
};

describe("the IDX format", () => {
  test("what is written is read back", async () => {
    await fc.assert(
      fc.asyncProperty(idxArrays, async ({ shape, data }) => {
        const read = await readIdx(writeIdx({ shape, data }));
        expect(read.shape).toEqual(shape);
        expect([...read.data]).toEqual([...data]);
      }),
    );
  });

  test("gzip is decompressed on the way", async () => {
    await fc.assert(
      fc.asyncProperty(idxArrays, async ({ shape, data }) => {
        const read = await readIdx(gzipSync(writeIdx({ shape, data })));
        expect(read.shape).toEqual(shape);
        expect([...read.data]).toEqual([...data]);
      }),
    );
  });

  test("the bytes are those of the format's description", () => {
    expect([...twoDigits]).toEqual([0, 0, 8, 1, 0, 0, 0, 2, 7, 2]);
  });

  test("any truncated array is refused", async () => {
    const whole = writeIdx({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    for (let length = 0; length < whole.length; length++) {
      expect(await refusal(whole.subarray(0, length))).toMatch(/fetch it again/);
    }
    expect(await refusal(whole.subarray(0, 15))).toBe(
      "digits.idx: truncated: 2×3 values need 6 bytes after the header, got 3; fetch it again",
    );
  });

  test("bytes after the values are refused", async () => {
    expect(await refusal(Uint8Array.of(...twoDigits, 0))).toMatch(/too long.*need 2 bytes.*got 3/);
  });

  test("foreign files are refused", async () => {
    expect(await refusal(Buffer.from("\x89PNG\r\n"))).toMatch(
      /not an IDX file.*got 89504e47|not an IDX file/,
    );
    expect(await refusal(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0))).toMatch(/got 32-bit floats/);
    expect(await refusal(Uint8Array.of(0, 0, 0x77, 1, 0, 0, 0, 0))).toMatch(/got type 0x77/);
    expect(await refusal(Uint8Array.of(0, 0, 8, 0))).toMatch(/with a dimension, got none/);
  });

  test("damaged gzip is refused", async () => {
    const compressed = gzipSync(twoDigits);
    expect(await refusal(compressed.subarray(0, compressed.length - 4))).toMatch(/cannot be decompressed/);
  });

  test("a missing file is refused by name", async () => {
    await expect(fileAt("/nowhere/digits.idx")).rejects.toThrow(/^\/nowhere\/digits\.idx: expected/);
    await expect(fileAt("/nowhere/digits.idx")).rejects.toBeInstanceOf(InputError);
  });

  test("values that do not fill their shape are not written", () => {
    expect(() => writeIdx({ shape: [3], data: Uint8Array.of(1, 2) })).toThrow(InputError);
    expect(() => writeIdx({ shape: [], data: Uint8Array.of(1) })).toThrow(/1 to 255 dimensions/);
    expect(() => writeIdx({ shape: [2.5, 2], data: new Uint8Array(5) })).toThrow(/whole dimensions/);
  });
});
