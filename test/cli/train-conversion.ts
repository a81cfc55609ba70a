import { expect } from "@jest/globals";
import { copyFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadNetwork } from "../../src/he-ml/node/files/load-model.js";
import { unsupportedLayers } from "../../src/he-ml/model/unsupported-layers.js";
import type { TrainingMetrics } from "../../src/train/metrics.js";
import { heMl } from "./he-ml.js";

/** Arguments that train on a small MNIST: its first 200 test images, to learn from and to test with. */
export async function trainOnFewImages(folder: string): Promise<string[]> {
  for (const split of ["train", "t10k"]) {
    for (const file of ["images-idx3-ubyte", "labels-idx1-ubyte"]) {
      await copyFile(
        join("models/datasets/mnist", `t10k-first200-${file}`),
        join(folder, `${split}-${file}`),
      );
    }
  }
  return [
    ...["train", "--dataset", "mnist", "--dataset-dir", folder],
    ...["--epochs", "30", "--backend", "wasm"],
  ];
}

/** Puts an activation in the place of tanh, fine-tunes, and exports. */
export async function checkConversion(
  args: readonly string[],
  folder: string,
  activation: "square" | "polynomial",
): Promise<void> {
  const out = join(folder, activation);
  const { status, stdout, stderr } = await heMl([
    ...args,
    ...["--from", "lenet1-tanh", "--activation", activation, "--out", out],
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^before: \d+\.\d\d %; after replacing: \d+\.\d\d %\n.* of 200 test images after/);
  expect((await readdir(out)).sort()).toEqual(["accuracy.png", "card.md", "metrics.json", "model.onnx"]);
  const metrics = JSON.parse(await readFile(join(out, "metrics.json"), "utf8")) as TrainingMetrics;
  expect(metrics.conversion).toMatchObject({
    from: "lenet1-tanh",
    replaced: [
      { name: "tanh1", was: "tanh", became: activation },
      { name: "tanh2", was: "tanh", became: activation },
    ],
  });
  const { before, afterReplacing, afterFineTuning } = metrics.conversion!.accuracy;
  expect(before).toBeGreaterThan(0.97);
  expect(afterReplacing).toBeGreaterThan(0.7);
  expect(afterFineTuning).toBe(metrics.testAccuracy);
  expect(afterFineTuning).toBeGreaterThan(afterReplacing);
  const model = await loadNetwork(join(out, "model.onnx"));
  expect(unsupportedLayers(model)).toEqual([]);
  expect(model.layers.map(({ name }) => name)).toEqual(
    (await loadNetwork("models/lenet1-tanh/model.onnx")).layers.map(({ name }) => name),
  );
}
