import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { existsSync, readdirSync } from "node:fs";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import { loadNetwork } from "../../src/he-ml/node/files/load-model.js";
import { architectureRecipe } from "../../src/train/architectures.js";
import { modelCard, type CardContents } from "../../src/train/card.js";
import { datasetNotes } from "../../src/train/dataset-notes.js";
import { trainAndExport } from "../../src/train/export.js";
import { fineTuningRecipe } from "../../src/train/recipe.js";
import type { TrainingMetrics } from "../../src/train/metrics.js";
import { writeFolder } from "../../src/train/write-folder.js";

const committedModels = readdirSync("models").filter((name) =>
  existsSync(join("models", name, "model.onnx")),
);

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "he-ml-export-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe("writing a folder", () => {
  test("makes it, and its parents, with the files and nothing beside them", async () => {
    const out = join(directory, "a", "b");
    await writeFolder(out, { "x.txt": "one", "y.bin": Uint8Array.of(1, 2) });
    expect((await readdir(out)).sort()).toEqual(["x.txt", "y.bin"]);
    expect(await readdir(join(directory, "a"))).toEqual(["b"]);
    expect(await readFile(join(out, "x.txt"), "utf8")).toBe("one");
    expect((await stat(out)).mode & 0o777).toBe((await stat(directory + "/a")).mode & 0o777);
  });

  test("replaces its files in a folder that exists and leaves others alone", async () => {
    const out = join(directory, "model");
    await mkdir(out);
    await writeFile(join(out, "notes.txt"), "mine");
    await writeFile(join(out, "x.txt"), "old");
    await writeFolder(out, { "x.txt": "new" });
    expect(await readFile(join(out, "x.txt"), "utf8")).toBe("new");
    expect(await readFile(join(out, "notes.txt"), "utf8")).toBe("mine");
    expect(await readdir(directory)).toEqual(["model"]);
  });

  test("a failure leaves nothing behind", async () => {
    await expect(writeFolder(join(directory, "model"), { "no/such/folder": "x" })).rejects.toThrow();
    expect(await readdir(directory)).toEqual([]);
  });

  test("a file in its place is refused", async () => {
    await writeFile(join(directory, "model"), "a file");
    await expect(writeFolder(join(directory, "model"), {})).rejects.toThrow(/expected a folder, got a file/);
    await expect(writeFolder(join(directory, "model", "deeper"), {})).rejects.toBeInstanceOf(InputError);
  });
});

describe("train and export", () => {
  const options = { architecture: "mnist-small", dataset: "mnist", backend: "wasm" };

  test("an interrupted run writes nothing", async () => {
    const controller = new AbortController();
    const phases = new Set<string>();
    const run = trainAndExport({
      ...{ architecture: "breast-cancer", dataset: "breast-cancer", backend: "wasm" },
      outputDirectory: join(directory, "model"),
      signal: controller.signal,
      onProgress: ({ phase }) => {
        phases.add(phase);
        controller.abort(new Error("interrupted"));
      },
    });
    await expect(run).rejects.toThrow("interrupted");
    expect([...phases]).toEqual(["train"]);
    expect(await readdir(directory)).toEqual([]);
  });

  test("what cannot be used is refused before anything is done", async () => {
    const outputDirectory = join(directory, "model");
    await writeFile(outputDirectory, "a file");
    await expect(trainAndExport({ ...options, outputDirectory })).rejects.toThrow(/got a file/);
    await expect(
      trainAndExport({ ...options, outputDirectory: join(directory, "new"), dataset: "cifar" }),
    ).rejects.toThrow(/expected one of mnist/);
    await expect(
      trainAndExport({ ...options, outputDirectory: join(directory, "new"), architecture: "vgg" }),
    ).rejects.toThrow(/expected one of lenet1/);
  });
});

describe("a model's card", () => {
  const recipe = architectureRecipe("lenet1");
  const metrics: TrainingMetrics = {
    architecture: "lenet1",
    dataset: "mnist",
    seed: 4,
    epochs: recipe.epochs,
    backend: "wasm",
    trainImages: 60_000,
    testImages: 10_000,
    testAccuracy: 0.9871,
    trainSeconds: 99.6,
    valueRanges: [{ name: "input", min: 0, max: 1 }],
    valueRangeImages: 5_000,
  };

  let contents: CardContents;

  beforeAll(async () => {
    const model = await loadNetwork("models/lenet1/model.onnx");
    contents = { name: "my-lenet", model, metrics, recipe, notes: await datasetNotes("mnist") };
  });

  test("takes its figures from the measurement", () => {
    const card = modelCard(contents);
    expect(card).toContain("# my-lenet\n");
    expect(card).toContain("**98.71 %** of the 10,000 test images of MNIST (129 wrong)");
    expect(card).toContain("| input | 0.00 | 1.00 |");
    expect(card).toContain("It took 100 s.");
    expect(card).not.toContain("accuracy.png");
  });

  test("gives the command that makes the model again", () => {
    const command = "npx he-ml train --arch lenet1";
    expect(modelCard(contents)).toContain(`\n${command} --dataset mnist --seed 4 --out models/my-lenet\n`);
    const shorter = { metrics: { ...metrics, epochs: 3 }, recipe: { ...recipe, epochs: 3 } };
    expect(modelCard({ ...contents, ...shorter, from: "other" })).toContain(
      `\n${command} --from other --dataset mnist --seed 4 --epochs 3 --out models/my-lenet\n`,
    );
  });

  test("of a converted network says what was replaced and what it cost", () => {
    const converted: CardContents = {
      ...contents,
      from: "lenet1-tanh",
      hasPicture: true,
      recipe: fineTuningRecipe,
      metrics: {
        ...metrics,
        architecture: undefined,
        epochs: fineTuningRecipe.epochs,
        conversion: {
          from: "lenet1-tanh",
          replaced: [
            { name: "tanh1", was: "tanh", became: "polynomial" },
            { name: "pool1", was: "maxPool", became: "averagePool" },
          ],
          accuracy: { before: 0.99, afterReplacing: 0.9345, afterFineTuning: 0.9871 },
        },
      },
    };
    const card = modelCard(converted);
    expect(card).toContain("\nconv1 4@5×5 → square1 → pool1 (mean of 2×2) → conv2 12@5×5 → ");
    expect(card).toContain("`tanh1` (tanh → polynomial), `pool1` (maxPool → average pool)");
    expect(card).toContain(
      "| before | 99 % |\n| after replacing | 93.45 % |\n| after fine-tuning | 98.71 % |\n",
    );
    expect(card).toContain("![The three accuracies as bars](accuracy.png)");
    expect(card).toContain(
      "\nnpx he-ml train --from lenet1-tanh --activation polynomial --dataset mnist --seed 4 --out models/my-lenet\n",
    );
  });

  test.each(committedModels)("of the committed %s is what its metrics give", async (name) => {
    const folder = join("models", name);
    const measured = JSON.parse(await readFile(join(folder, "metrics.json"), "utf8")) as TrainingMetrics;
    const { architecture, dataset, conversion } = measured;
    const recipe = architecture ? architectureRecipe(architecture) : fineTuningRecipe;
    expect(measured.epochs).toBe(recipe.epochs);
    expect(await readFile(join(folder, "card.md"), "utf8")).toBe(
      modelCard({
        name,
        model: await loadNetwork(join(folder, "model.onnx")),
        metrics: measured,
        recipe,
        notes: await datasetNotes(dataset!),
        from: conversion?.from,
        hasPicture: existsSync(join(folder, "accuracy.png")),
      }),
    );
  });
});
