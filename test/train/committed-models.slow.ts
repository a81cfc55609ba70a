import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { loadNetwork } from "../../src/he-ml/node/files/load-model.js";
import { sliceDataset } from "../../src/train/dataset.js";
import { measureAccuracy, measureValueRanges } from "../../src/train/evaluate.js";
import { trainAndExport } from "../../src/train/export.js";
import { loadDataset } from "../../src/train/load-dataset.js";
import type { TrainingMetrics } from "../../src/train/metrics.js";

const readMetrics = async (folder: string) =>
  JSON.parse(await readFile(join(folder, "metrics.json"), "utf8")) as TrainingMetrics;

describe.each([
  ["lenet1", 0.987],
  ["mnist-small", 0.978],
  ["lenet1-tanh", 0.987],
  ["lenet1-12x12", 0.97],
  ["lenet1-from-tanh", 0.985],
  ["breast-cancer", 0.95],
  ["fashion-mnist", 0.88],
])("the committed model %s", (name, wantedAccuracy) => {
  const folder = join("models", name);

  test("is as accurate on the whole test set as its metrics and its card say", async () => {
    const metrics = await readMetrics(folder);
    const onnx = await readFile(join(folder, "model.onnx"));
    const accuracy = await measureAccuracy(onnx, await loadDataset(metrics.dataset!, "test"));
    expect(accuracy).toBe(metrics.testAccuracy);
    expect(accuracy).toBeGreaterThanOrEqual(wantedAccuracy);
    const card = await readFile(join(folder, "card.md"), "utf8");
    expect(card).toContain(`**${Number((accuracy * 100).toFixed(2))} %**`);
  });

  test("takes the value ranges that its metrics say on training images", async () => {
    const metrics = await readMetrics(folder);
    const model = await loadNetwork(join(folder, "model.onnx"));
    const training = sliceDataset(await loadDataset(metrics.dataset!, "train"), 0, metrics.valueRangeImages);
    expect(await measureValueRanges(model, training)).toEqual(metrics.valueRanges);
  });
});

test("the network that was made HE-friendly is the committed one, as accurate before as it is by itself", async () => {
  const { conversion, testAccuracy } = await readMetrics(join("models", "lenet1-from-tanh"));
  expect(conversion!.from).toBe("lenet1-tanh");
  expect(conversion!.accuracy.before).toBe((await readMetrics(join("models", "lenet1-tanh"))).testAccuracy);
  expect(conversion!.accuracy.afterFineTuning).toBe(testAccuracy);
  expect(conversion!.accuracy.afterReplacing).toBeLessThan(testAccuracy);
});

test("one epoch of mnist-small, written and read back", async () => {
  const directory = await mkdtemp(join(tmpdir(), "he-ml-train-"));
  try {
    const outputDirectory = join(directory, "model");
    const { metrics } = await trainAndExport({
      architecture: "mnist-small",
      dataset: "mnist",
      outputDirectory,
      seed: 2,
      epochs: 1,
      backend: "wasm",
    });
    expect((await readdir(outputDirectory)).sort()).toEqual(["card.md", "metrics.json", "model.onnx"]);
    expect(await readMetrics(outputDirectory)).toEqual(metrics);
    expect(metrics).toMatchObject({ seed: 2, epochs: 1, trainImages: 60_000, testImages: 10_000 });
    expect(metrics.testAccuracy).toBeGreaterThan(0.94);
    expect(metrics.valueRanges[0]).toEqual({ name: "input", min: 0, max: 1 });
  } finally {
    await rm(directory, { recursive: true });
  }
});
