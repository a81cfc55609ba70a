import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { pictureImages } from "../../src/cli/picture-images.js";
import { readPicture } from "../../src/cli/read-picture.js";
import { InputError } from "../../src/he-ml/errors.js";
import { temporaryFolder } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

interface PngOptions {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly type?: number;
  readonly interlaced?: number;
  /** Bytes of the rows, each after its filter. */
  readonly rows: Uint8Array;
  readonly before?: readonly Buffer[];
}

/** A PNG file by the format's own words, as an oracle that shares nothing with the reader. */
function png({ width, height, depth = 8, type = 0, interlaced = 0, rows, before = [] }: PngOptions): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, type, 0, 0, interlaced], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    ...before,
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

async function written(bytes: Uint8Array): Promise<string> {
  const path = join(folder.path, "picture.png");
  await writeFile(path, bytes);
  return path;
}

async function pixelsOf(bytes: Uint8Array): Promise<number[][]> {
  const { width, height, readPixel } = await readPicture(await written(bytes));
  const rgb = new Float64Array(3);
  return Array.from({ length: width * height }, (_, pixel) => {
    readPixel(pixel, rgb);
    return [...rgb];
  });
}

const channelsOfType: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

describe("a PNG file", () => {
  test.each([
    [0, 1],
    [0, 2],
    [0, 4],
    [0, 8],
    [0, 16],
    [2, 8],
    [2, 16],
    [4, 8],
    [4, 16],
    [6, 8],
    [6, 16],
  ])("of colour type %i with %i bits a sample gives the pixels that it was made of", async (type, depth) => {
    const channels = channelsOfType[type];
    const most = 2 ** depth - 1;
    const sizes = fc.record({
      width: fc.integer({ min: 1, max: 9 }),
      height: fc.integer({ min: 1, max: 4 }),
    });
    const picture = sizes.chain((size) =>
      fc.record({
        size: fc.constant(size),
        samples: fc.array(fc.integer({ min: 0, max: most }), {
          minLength: size.width * size.height * channels,
          maxLength: size.width * size.height * channels,
        }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(picture, async ({ size: { width, height }, samples }) => {
        const perRow = width * channels;
        const rows = Array.from({ length: height }, (_, row) => {
          const bits = samples
            .slice(row * perRow, (row + 1) * perRow)
            .map((sample) => sample.toString(2).padStart(depth, "0"))
            .join("");
          return [0, ...bits.match(/.{1,8}/g)!.map((byte) => parseInt(byte.padEnd(8, "0"), 2))];
        });
        const pixels = await pixelsOf(
          png({ width, height, depth, type, rows: Uint8Array.from(rows.flat()) }),
        );
        pixels.forEach((rgb, pixel) => {
          const own = samples.slice(pixel * channels, (pixel + 1) * channels).map((sample) => sample / most);
          const color = channels < 3 ? [own[0], own[0], own[0]] : own.slice(0, 3);
          const alpha = channels % 2 === 0 ? own.at(-1)! : 1;
          rgb.forEach((value, i) => expect(value).toBeCloseTo(alpha * color[i] + 1 - alpha, 12));
        });
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  test("with a palette, its colours transparent in part; what is beyond it is black", async () => {
    const before = [
      chunk("PLTE", Uint8Array.of(255, 0, 0, 0, 0, 255)),
      chunk("tRNS", Uint8Array.of(255, 51)),
    ];
    const rows = Uint8Array.of(0, 0, 1, 2);
    expect(await pixelsOf(png({ width: 3, height: 1, type: 3, rows, before }))).toEqual([
      [1, 0, 0],
      [0.8, 0.8, 1],
      [0, 0, 0],
    ]);
  });

  test("with one gray value that stands for nothing: it is shown white", async () => {
    const before = [chunk("tRNS", Uint8Array.of(0, 7))];
    const rows = Uint8Array.of(0, 7, 8);
    const [first, second] = await pixelsOf(png({ width: 2, height: 1, rows, before }));
    expect(first).toEqual([1, 1, 1]);
    expect(second[0]).toBeCloseTo(8 / 255, 12);
  });

  test("interlaced: the seven passes fall into their places", async () => {
    // Of 3×3 pixels, passes 1, 4, 5, 6 and 7 hold pixels (0,0); (2,0); (0,2), (2,2); (1,0), (1,2); row 1.
    const rows = Uint8Array.of(0, 1, 0, 2, 0, 3, 4, 0, 5, 0, 6, 0, 7, 8, 9);
    const pixels = await pixelsOf(png({ width: 3, height: 3, interlaced: 1, rows }));
    expect(pixels.map(([gray]) => Math.round(gray * 255))).toEqual([1, 5, 2, 7, 8, 9, 3, 6, 4]);
  });

  test("text and colour profiles are not even looked at", async () => {
    const bomb = chunk("iCCP", Buffer.concat([Buffer.from("x\0\0"), deflateSync(Buffer.alloc(2 ** 24))]));
    const before = [bomb, chunk("tEXt", Buffer.from("no separator"))];
    expect(await pixelsOf(png({ width: 1, height: 1, rows: Uint8Array.of(0, 255), before }))).toEqual([
      [1, 1, 1],
    ]);
  });
});

describe("a file that is no usable picture gives one InputError:", () => {
  const good = png({ width: 4, height: 2, rows: Uint8Array.of(0, 1, 2, 3, 4, 0, 5, 6, 7, 8) });

  async function refusal(bytes: Uint8Array): Promise<string> {
    const error = await readPicture(await written(bytes)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).message;
  }

  test("missing, a folder, empty, text", async () => {
    await expect(readPicture(join(folder.path, "none.png"))).rejects.toThrow(/there is no file ".*none.png"/);
    await expect(readPicture(folder.path)).rejects.toThrow(InputError);
    expect(await refusal(new Uint8Array())).toMatch(/it is no PNG file; expected a PNG or JPEG picture/);
    expect(await refusal(Buffer.from("GIF89a and more"))).toMatch(/no PNG file/);
  });

  test("with more pixels or bytes than are allowed", async () => {
    const rows = Uint8Array.of(0, 0);
    expect(await refusal(png({ width: 2 ** 31, height: 2 ** 31, rows }))).toMatch(/more than 16,777,216/);
    expect(await refusal(png({ width: 5000, height: 5000, rows }))).toMatch(/5000×5000 pixels, more than/);
    expect(await refusal(png({ width: 0, height: 5, rows }))).toMatch(/0×5 pixels/);
    expect(await refusal(new Uint8Array(33 * 2 ** 20))).toMatch(/at most 32 MiB/);
  });

  test("a bomb: pixels that unpack to far more than the header says", async () => {
    expect(await refusal(png({ width: 10, height: 10, rows: new Uint8Array(2 ** 25) }))).toMatch(
      /cannot be decompressed/,
    );
    expect(await refusal(png({ width: 4096, height: 4096, rows: new Uint8Array(10) }))).toMatch(
      /has 10 bytes of pixels, its header says 16781312/,
    );
  });

  test("interlaced with few bits, which the decoder would misread", async () => {
    const rows = Uint8Array.of(0, 128);
    expect(await refusal(png({ width: 1, height: 1, depth: 1, interlaced: 1, rows }))).toMatch(
      /interlaced with 1 bits a sample/,
    );
  });

  test("with colours of a palette that is not there", async () => {
    expect(await refusal(png({ width: 1, height: 1, type: 3, rows: Uint8Array.of(0, 0) }))).toMatch(
      /it has no palette/,
    );
  });

  test("cut off anywhere", async () => {
    for (let length = 0; length < good.length; length++) await refusal(good.subarray(0, length));
  });

  test("with any bit flipped: refused, or read as a picture of the header's size", async () => {
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const damaged = Buffer.from(good);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      const path = await written(damaged);
      const outcome = await readPicture(path).catch((error: unknown) => error);
      // Checksums catch everything but a type of chunk that became another, unknown one.
      if (!(outcome instanceof InputError)) expect(outcome).toMatchObject({ width: 4, height: 2 });
    }
  });
});

describe("a picture as a model's image", () => {
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const gray = (width: number, values: number[]) => {
    const rows = Array.from({ length: values.length / width }, (_, row) => [
      0,
      ...values.slice(row * width, (row + 1) * width),
    ]);
    return png({ width, height: rows.length, rows: Uint8Array.from(rows.flat()) });
  };

  test("of the same size is taken as it is, or inverted", async () => {
    const path = await written(gray(2, [0, 51, 102, 255]));
    const { images, labels } = await pictureImages(path, [1, 2, 2], false, warn);
    expect(images.shape).toEqual([1, 1, 2, 2]);
    [0, 0.2, 0.4, 1].forEach((value, i) => expect(images.data[i]).toBeCloseTo(value, 12));
    expect(labels).toEqual([null]);
    const inverted = await pictureImages(path, [1, 2, 2], true, warn);
    [1, 0.8, 0.6, 0].forEach((value, i) => expect(inverted.images.data[i]).toBeCloseTo(value, 12));
  });

  test("shrunk, each pixel is the mean of what it covers; enlarged, pixels are repeated", async () => {
    const path = await written(gray(4, [0, 0, 255, 255, 0, 0, 255, 255, 51, 51, 0, 255, 51, 51, 255, 0]));
    const shrunk = await pictureImages(path, [1, 2, 2], false, warn);
    [0, 1, 0.2, 0.5].forEach((value, i) => expect(shrunk.images.data[i]).toBeCloseTo(value, 12));
    const small = await written(gray(1, [51]));
    const enlarged = await pictureImages(small, [1, 3, 3], false, warn);
    enlarged.images.data.forEach((value) => expect(value).toBeCloseTo(0.2, 12));
  });

  test("keeps its proportions: a wide one lies in the middle, black above and below", async () => {
    const path = await written(gray(4, [255, 255, 255, 255, 255, 255, 255, 255]));
    const { images } = await pictureImages(path, [1, 4, 4], false, warn);
    expect([...images.data].map((value) => Number(value.toFixed(9)))).toEqual([
      ...[0, 0, 0, 0],
      ...[1, 1, 1, 1],
      ...[1, 1, 1, 1],
      ...[0, 0, 0, 0],
    ]);
  });

  test("keeps the sum of its ink, whatever the sizes", async () => {
    const sizes = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 1, max: 40 })));
    await fc.assert(
      fc.asyncProperty(sizes, async ([width, height, rows, columns]) => {
        const values = Array.from({ length: width * height }, (_, i) => (i * 37) % 256);
        const path = await written(gray(width, values));
        const { images } = await pictureImages(path, [1, rows, columns], false, warn);
        const scale = Math.min(rows / height, columns / width);
        const ink = values.reduce((sum, value) => sum + value / 255, 0) * scale ** 2;
        expect(images.data.reduce((sum, value) => sum + value, 0)).toBeCloseTo(ink, 6);
        expect(Math.max(...images.data)).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  test("in colour for three channels, in gray for one, refused for others", async () => {
    const path = await written(png({ width: 1, height: 1, type: 2, rows: Uint8Array.of(0, 255, 51, 0) }));
    const color = await pictureImages(path, [3, 1, 1], false, warn);
    [1, 0.2, 0].forEach((value, i) => expect(color.images.data[i]).toBeCloseTo(value, 12));
    const single = await pictureImages(path, [1, 1, 1], false, warn);
    expect(single.images.data[0]).toBeCloseTo(0.299 + 0.587 * 0.2, 12);
    await expect(pictureImages(path, [30], false, warn)).rejects.toThrow(
      /the model takes 30, expected an image/,
    );
    await expect(pictureImages(path, [2, 5, 5], false, warn)).rejects.toThrow(InputError);
  });

  test("light at its edges: a hint at --invert, unless it is inverted", async () => {
    warnings.length = 0;
    const path = await written(gray(3, [250, 250, 250, 250, 0, 250, 250, 250, 250]));
    await pictureImages(path, [1, 3, 3], true, warn);
    expect(warnings).toEqual([]);
    await pictureImages(path, [1, 3, 3], false, warn);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/light at its edges.*try --invert/);
    await pictureImages(await written(gray(3, [5, 5, 5, 5, 255, 5, 5, 5, 5])), [1, 3, 3], false, warn);
    expect(warnings).toHaveLength(1);
  });
});
