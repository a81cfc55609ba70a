import { describe, expect, test } from "@jest/globals";
import { selectImages } from "../../src/train/dataset.js";
import { loadDataset, loadTestImages } from "../../src/train/load-dataset.js";
import { train } from "../../src/train/train.js";

const first200 = Array.from({ length: 200 }, (_, index) => index);

describe("the full Fashion-MNIST", () => {
  test("has 60,000 training and 10,000 test images, as many of each class", async () => {
    const splits = { train: 60_000, test: 10_000 } as const;
    for (const split of ["train", "test"] as const) {
      const { images, labels } = await loadDataset("fashion-mnist", split);
      expect(images.count).toBe(splits[split]);
      for (let label = 0; label < 10; label++) {
        expect(labels.filter((value) => value === label)).toHaveLength(splits[split] / 10);
      }
    }
  });

  test("begins with the 200 committed test images", async () => {
    const committed = await loadTestImages("fashion-mnist", first200);
    const full = selectImages(await loadDataset("fashion-mnist", "test"), first200);
    expect(Buffer.from(committed.images.data.buffer).equals(Buffer.from(full.images.data.buffer))).toBe(true);
    expect([...committed.labels]).toEqual([...full.labels]);
  });

  test("can be learned: four of five training images are told apart after an epoch", async () => {
    const dataset = await loadDataset("fashion-mnist", "train");
    const { network, epochs } = await train({
      architecture: "mnist-small",
      dataset,
      backend: "wasm",
      epochs: 2,
    });
    network.dispose();
    expect(epochs[1].accuracy).toBeGreaterThan(0.8);
  }, 300_000);
});
