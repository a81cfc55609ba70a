import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { loadNetwork } from "../../src/he-ml/formats/load-model.js";
import { unsupportedLayers } from "../../src/he-ml/model/unsupported-layers.js";
import type { TrainingMetrics } from "../../src/train/metrics.js";
import { heMl } from "./he-ml.js";
import { temporaryFolder, tinyModel } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let common: readonly string[];

/** A small MNIST: its first 200 test images, to learn from and to test with. */
beforeAll(async () => {
  folder = await temporaryFolder();
  for (const split of ["train", "t10k"]) {
    for (const file of ["images-idx3-ubyte", "labels-idx1-ubyte"]) {
      await copyFile(
        join("models/datasets/mnist", `t10k-first200-${file}`),
        join(folder.path, `${split}-${file}`),
      );
    }
  }
  common = [
    "train",
    "--dataset",
    "mnist",
    "--dataset-dir",
    folder.path,
    "--epochs",
    "30",
    "--backend",
    "wasm",
  ];
});
afterAll(() => folder.remove());

describe("he-ml train --from a tanh network", () => {
  test.each(["square", "polynomial"])(
    "puts a %s in its place, fine-tunes, and exports",
    async (activation) => {
      const out = join(folder.path, activation);
      const { status, stdout, stderr } = await heMl([
        ...common,
        ...["--from", "lenet1-tanh", "--activation", activation, "--out", out],
      ]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(
        /^before: \d+\.\d\d %; after replacing: \d+\.\d\d %\n.* of 200 test images after/,
      );
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
    },
  );
});

describe("he-ml train refuses in one line", () => {
  test.each([
    [[], /expected --arch lenet1, or --from with a model/],
    [["--arch", "lenet1", "--activation", "square"], /--activation replaces layers of a model/],
    [["--from", "lenet1-tanh", "--activation", "relu"], /expected one of square, polynomial, got "relu"/],
    [["--from", "lenet1-tanh", "--arch", "mnist-small"], /expected an initial model of layers/],
    [
      ["--from", "breast-cancer"],
      /model "breast-cancer": expected a batch \[n, 30\], got \[200, 1, 28, 28\]/,
    ],
    [["--from", "nope"], /there is no model "nope"/],
  ])("%p", async (args, message) => {
    const { status, stdout, stderr } = await heMl([...common, ...args, "--out", join(folder.path, "new")]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  test("a model of images of another size", async () => {
    const path = join(folder.path, "tiny.onnx");
    await writeFile(path, writeOnnx(tinyModel));
    const { status, stderr } = await heMl([...common, "--from", path, "--out", join(folder.path, "new")]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/train --from: model "tiny": expected a batch \[n, 1, 6, 6\]/);
  });
});
