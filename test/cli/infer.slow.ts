import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { maxAbs } from "../../src/he-ml/tensor/tensor.js";
import { loadTestImages } from "../../src/train/load-dataset.js";
import { heMl } from "./he-ml.js";
import { teachingParameters, temporaryFolder, waves, writeJson } from "./support.js";
import { checkTinyInference, inferTiny } from "./tiny-inference.js";

describe("real images and rows classified while encrypted, logits within 1 % of the largest:", () => {
  test.each([
    { model: "mnist-small", count: 1 },
    { model: "mnist-small", count: 200 },
    { model: "lenet1", count: 100 },
    { model: "lenet1-from-tanh", count: 100 },
    { model: "breast-cancer", count: 114, dataset: "breast-cancer", classes: 2, accuracy: 0.95 },
  ])(
    "$model on $count of its test set",
    async ({ model, count, dataset = "mnist", classes = 10, accuracy = 0.95 }) => {
      const { status, stdout, stderr } = await heMl([
        ...["infer", "--model", model, "--dataset", dataset, "--index", "0", "--count", String(count)],
        ...["--packing", "batch", "--json"],
      ]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      const report = JSON.parse(stdout) as InferenceReport;
      expect(report.parameters.security).toBe(128);
      expect(report.results).toHaveLength(count);
      const relative = report.results.map(({ logits, plainLogits }) => {
        return maxAbs(logits.map((logit, i) => logit - plainLogits[i])) / maxAbs(plainLogits);
      });
      expect(Math.max(...relative)).toBeLessThan(0.015);
      expect(report.results.filter(({ predicted, plainPredicted }) => predicted !== plainPredicted)).toEqual(
        [],
      );
      const right = report.results.filter(({ predicted, label }) => predicted === label).length;
      expect(right / count).toBeGreaterThan(accuracy);
      expect(report.layers.at(-1)!.shape).toEqual([classes]);
    },
    600_000,
  );
});

test("a digit in a picture five times as large, dark on light, is read as the one in the dataset", async () => {
  const { images } = await loadTestImages("mnist", [0]);
  const data = Uint8Array.from({ length: 140 * 140 }, (_, i) => {
    const [row, column] = [Math.floor(i / 140), i % 140];
    return 255 - Math.round(255 * images.data[28 * Math.floor(row / 5) + Math.floor(column / 5)]);
  });
  const folder = await temporaryFolder();
  const path = join(folder.path, "seven.png");
  await writeFile(path, encode({ width: 140, height: 140, data, channels: 1 }));
  const common = ["infer", "--model", "mnist-small", "--json"];
  const picture = await heMl([...common, "--image", path, "--invert"]);
  const direct = await heMl([...common, "--dataset", "mnist", "--index", "0"]);
  await folder.remove();
  expect({ status: picture.status, stderr: picture.stderr }).toEqual({ status: 0, stderr: "" });
  const [result] = (JSON.parse(picture.stdout) as InferenceReport).results;
  const [expected] = (JSON.parse(direct.stdout) as InferenceReport).results;
  expect(result).toMatchObject({ predicted: 7, label: null });
  result.plainLogits.forEach((logit, i) => expect(logit).toBeCloseTo(expected.plainLogits[i], 4));
}, 300_000);

test("a file of PyTorch's takes the shape that the images have", async () => {
  const folder = await temporaryFolder();
  const teaching = await writeJson(folder.path, "teaching.json", teachingParameters);
  const images = { inputShape: [1, 1, 5, 5], inputs: [waves(25, 1)] };
  const input = await writeJson(folder.path, "images-5x5.json", images);
  const { status, stdout, stderr } = await heMl([
    ...["infer", "--model", join("test", "fixtures", "torch", "nested.pt"), "--input", input, "--json"],
    ...["--parameters", teaching],
  ]);
  await folder.remove();
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { model, layers, results } = JSON.parse(stdout) as InferenceReport;
  expect(model).toBe("nested");
  expect(layers.map(({ name, modelLayers }) => [name, ...modelLayers])).toEqual([
    ["0.0", 0],
    ["0.1", 1],
    ["1.0.0", 2],
    ["1.1", 3],
    ["2", 4],
  ]);
  expect(results[0].maxAbsError).toBeLessThan(0.015 * maxAbs(results[0].plainLogits));
});

describe("a tiny model under the chain of 40-bit primes that a model without parameters gets", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let common: readonly string[];
  beforeAll(async () => {
    folder = await temporaryFolder();
    common = await inferTiny(folder.path);
  });
  afterAll(() => folder.remove());

  test("packing scalar under parameters of a small degree: logits within 1 % of onnxruntime's", async () => {
    const teaching = ["--parameters", await writeJson(folder.path, "teaching.json", teachingParameters)];
    await checkTinyInference(
      [...common, ...teaching],
      "scalar",
      { security: "teaching", scaleBits: 20 },
      0.02,
    );
  }, 300_000);

  test.each(["scalar", "batch"])(
    "packing %s: logits within 1 %% of onnxruntime's",
    (packing) => checkTinyInference(common, packing, { security: 128, scaleBits: 40 }, 1e-4),
    300_000,
  );

  test("the report is one HTML file", async () => {
    const page = join(folder.path, "nested", "report.html");
    expect(await heMl([...common, "--report", page])).toMatchObject({
      status: 0,
      stderr: `he-ml: report written to ${page}\n`,
    });
    const html = await readFile(page, "utf8");
    expect(html).toMatch(/^<!doctype html>/i);
    for (const name of ["conv1", "square1", "pool1", "fc1"]) expect(html).toContain(name);
  }, 300_000);
});
