import { describe, expect, test } from "@jest/globals";
import { epochBatches } from "../../src/train/batches.js";
import { sliceDataset, type Dataset } from "../../src/train/dataset.js";
import { loadDataset } from "../../src/train/load-dataset.js";
import { seededRandom } from "../../src/train/random.js";

async function tiny(count: number): Promise<Dataset> {
  return sliceDataset(await loadDataset("mnist", "test"), 0, count);
}

describe("an epoch of batches", () => {
  test("shows every image once, unshifted where asked", async () => {
    const dataset = await tiny(25);
    const batches = [...epochBatches(dataset, { batchSize: 10, maxShift: 0, random: seededRandom(1) })];
    expect(batches.map(({ count }) => count)).toEqual([10, 10, 5]);
    const sumOf = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0);
    const seen = batches.flatMap(({ count, values: pixels, labels }) =>
      Array.from({ length: count }, (_, i) => [
        labels[i],
        Math.round(sumOf(pixels.subarray(i * 784, (i + 1) * 784)) * 255),
      ]),
    );
    const expected = Array.from(dataset.labels, (label, i) => [
      label,
      sumOf(dataset.images.values.subarray(i * 784, (i + 1) * 784)),
    ]);
    const order = (a: number[], b: number[]) => a[0] - b[0] || a[1] - b[1];
    expect(seen.sort(order)).toEqual(expected.sort(order));
  });

  test("moves an image by whole pixels and fills with zeros", async () => {
    const dataset = await tiny(1);
    const original = dataset.images.values;
    const random = seededRandom(5);
    const shifts = new Set<string>();
    for (let epoch = 0; epoch < 60; epoch++) {
      const [{ values: pixels }] = epochBatches(dataset, { batchSize: 1, maxShift: 1, random });
      for (const down of [-1, 0, 1]) {
        for (const right of [-1, 0, 1]) {
          const isMoved = Array.from({ length: 784 }, (_, i) => {
            const row = Math.floor(i / 28) - down;
            const column = (i % 28) - right;
            const isInside = row >= 0 && row < 28 && column >= 0 && column < 28;
            return pixels[i] === Math.fround(isInside ? original[row * 28 + column] / 255 : 0);
          }).every(Boolean);
          if (isMoved) shifts.add(`${down},${right}`);
        }
      }
    }
    expect(shifts.size).toBe(9);
  });
});
