import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { encode as encodePng } from "fast-png";
import { encode } from "jpeg-js";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeJpeg } from "../../src/cli/jpeg.js";
import { pictureImages } from "../../src/cli/picture-images.js";
import { readPicture } from "../../src/cli/read-picture.js";
import { InputError } from "../../src/he-ml/errors.js";
import { temporaryFolder } from "./support.js";

const mostPixels = 2 ** 24;

/** Six blocks of 8×8 pixels, two rows of three, each of one gray. */
const grays = [0, 50, 100, 150, 200, 250];
function blocks(): Buffer {
  const data = Buffer.alloc(24 * 16 * 4, 255);
  for (let i = 0; i < 24 * 16; i++) {
    const block = 3 * Math.floor(i / 24 / 8) + Math.floor((i % 24) / 8);
    data.fill(grays[block], 4 * i, 4 * i + 3);
  }
  return encode({ width: 24, height: 16, data }, 100).data;
}

/** With a camera's note of how it was held. */
function held(orientation: number, little: boolean): Buffer {
  const tiff = Buffer.alloc(26);
  const two = (value: number, at: number) =>
    little ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at);
  const four = (value: number, at: number) =>
    little ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at);
  tiff.write(little ? "II" : "MM", "latin1");
  two(42, 2);
  four(8, 4);
  two(1, 8);
  two(0x0112, 10);
  two(3, 12);
  four(1, 14);
  two(orientation, 18);
  const data = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length + 2);
  const jpeg = blocks();
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.of(0xff, 0xe1), length, data, jpeg.subarray(2)]);
}

/** The gray in the middle of each block, row by row. */
function read(bytes: Uint8Array): number[][] {
  const { width, height, readPixel } = decodeJpeg(bytes, mostPixels);
  const rgb = new Float64Array(3);
  return Array.from({ length: height / 8 }, (_, row) =>
    Array.from({ length: width / 8 }, (_value, column) => {
      readPixel((8 * row + 4) * width + 8 * column + 4, rgb);
      expect(Math.abs(rgb[0] - rgb[2])).toBeLessThan(0.02);
      return 50 * Math.round((255 * rgb[1]) / 50);
    }),
  );
}

describe("a JPEG", () => {
  const [a, b, c, d, e, f] = grays;
  // How each is to be seen: https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf, section 4.6.4
  test.each([
    [
      1,
      [
        [a, b, c],
        [d, e, f],
      ],
    ],
    [
      2,
      [
        [c, b, a],
        [f, e, d],
      ],
    ],
    [
      3,
      [
        [f, e, d],
        [c, b, a],
      ],
    ],
    [
      4,
      [
        [d, e, f],
        [a, b, c],
      ],
    ],
    [
      5,
      [
        [a, d],
        [b, e],
        [c, f],
      ],
    ],
    [
      6,
      [
        [d, a],
        [e, b],
        [f, c],
      ],
    ],
    [
      7,
      [
        [f, c],
        [e, b],
        [d, a],
      ],
    ],
    [
      8,
      [
        [c, f],
        [b, e],
        [a, d],
      ],
    ],
    [
      9,
      [
        [a, b, c],
        [d, e, f],
      ],
    ],
  ])("held by its camera as %i", (orientation, expected) => {
    expect(read(held(orientation, true))).toEqual(expected);
    expect(read(held(orientation, false))).toEqual(expected);
  });

  test("without such a note is upright", () => {
    expect(read(blocks())).toEqual([
      [a, b, c],
      [d, e, f],
    ]);
  });

  test("of too many pixels, of none, cut off or without a header is refused before it is decoded", () => {
    expect(() => decodeJpeg(blocks(), 100)).toThrow(/24×16 pixels, more than 100; make it smaller/);
    const whole = blocks();
    const frame = whole.indexOf(Buffer.of(0xff, 0xc0));
    const empty = Buffer.from(whole);
    empty.writeUInt16BE(0, frame + 5);
    expect(() => decodeJpeg(empty, mostPixels)).toThrow(/24×0 pixels/);
    expect(() => decodeJpeg(whole.subarray(0, 50), mostPixels)).toThrow(/cut off/);
    expect(() => decodeJpeg(Buffer.of(0xff, 0xd8, 0xff, 0xda, 0, 2), mostPixels)).toThrow(/no header/);
  });

  test("damaged bytes give a picture or one error", async () => {
    const folder = await temporaryFolder();
    const path = join(folder.path, "x.jpg");
    const whole = held(6, true);
    const change = fc.tuple(fc.integer({ min: 2, max: whole.length - 1 }), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        await writeFile(path, bytes);
        const outcome = await readPicture(path).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(InputError);
      }),
      { seed: 5, numRuns: 150 },
    );
    await folder.remove();
  });
});

describe("pictures", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await writeFile(join(folder.path, "b.jpg"), blocks());
    const data = Uint8Array.from({ length: 24 * 16 }, (_, i) => i % 255);
    await writeFile(join(folder.path, "a.PNG"), encodePng({ width: 24, height: 16, data, channels: 1 }));
    await writeFile(join(folder.path, "notes.txt"), "none");
  });
  afterAll(() => folder.remove());
  const take = (shape: readonly number[], path = folder.path) => {
    const warnings: string[] = [];
    return pictureImages(path, shape, true, (text) => warnings.push(text)).then((source) => ({
      ...source,
      warnings,
    }));
  };

  test("of a folder come in the order of their names", async () => {
    const { images, names, labels, warnings } = await take([1, 4, 6]);
    expect(images.shape).toEqual([2, 1, 4, 6]);
    expect(names.map((name) => name.slice(-5))).toEqual(["a.PNG", "b.jpg"].map((name) => name.slice(-5)));
    expect(labels).toEqual([null, null]);
    expect(warnings).toEqual([]);
    const empty = join(folder.path, "empty");
    await mkdir(empty);
    await expect(take([1, 4, 6], empty)).rejects.toThrow(/no picture in ".*empty"/);
  });

  test.each([
    [[4, 6, 1], "reshaped from 1×4×6 to 4×6×1"],
    [[4, 6], "reshaped from 1×4×6 to 4×6"],
    [[16], "reshaped from 1×4×4 to 16"],
    [[48], "reshaped from 3×4×4 to 48"],
    [[4, 6, 3], "with its channels moved from 3×4×6 to 4×6×3"],
  ])("for a model that takes %j", async (shape, how) => {
    const { images, warnings } = await take(shape);
    expect(images.shape).toEqual([2, ...shape]);
    expect(warnings).toEqual([`each image was ${how}, as the model takes it`]);
  });

  test("for a model of no pictures are refused", async () => {
    for (const shape of [[7], [2, 4, 6], [1, 2, 3, 4]]) {
      await expect(take(shape)).rejects.toThrow(/expected an image of 1 or 3 channels/);
    }
  });
});
