import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { maxAbs } from "../../src/he-ml/tensor/tensor.js";
import { heMl } from "./he-ml.js";
import { teachingParameters, temporaryFolder, waves, writeJson, writeModel } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** With the chain of 40-bit primes that a model without parameters gets. */
let common: readonly string[];
let teaching: readonly string[];

beforeAll(async () => {
  folder = await temporaryFolder();
  const inputs = [waves(36, 1), waves(36, -0.5), new Array<number>(36).fill(0)];
  common = [
    ...["infer", "--model", await writeModel(folder.path)],
    ...["--input", await writeJson(folder.path, "images.json", { inputShape: [1, 1, 6, 6], inputs })],
  ];
  teaching = ["--parameters", await writeJson(folder.path, "teaching.json", teachingParameters)];
});
afterAll(() => folder.remove());

describe("he-ml infer on a tiny convolutional model", () => {
  test.each([
    { packing: "batch", parameters: "its own", security: 128, scaleBits: 40 },
    { packing: "scalar", parameters: "teaching", security: "teaching", scaleBits: 20 },
  ])(
    "packing $packing, $parameters parameters: the design's JSON, logits within 1 % of onnxruntime's",
    async ({ packing, parameters, ...expected }) => {
      const options = [...(parameters === "teaching" ? teaching : []), "--packing", packing, "--json"];
      const { status, stdout, stderr } = await heMl([...common, ...options]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      const report = JSON.parse(stdout) as InferenceReport;
      expect(report).toMatchObject({ model: expect.any(String), packing, images: 3 });
      expect(report.parameters).toMatchObject({ scheme: "ckks", ...expected });
      expect(report.results).toHaveLength(3);
      for (const {
        logits,
        plainLogits,
        predicted,
        plainPredicted,
        label,
        maxAbsError,
        milliseconds,
      } of report.results) {
        expect(logits).toHaveLength(3);
        const error = maxAbs(logits.map((logit, i) => logit - plainLogits[i]));
        expect(error).toBeCloseTo(maxAbsError, 12);
        expect(error).toBeLessThan(0.01 * maxAbs(plainLogits));
        expect(predicted).toBe(plainPredicted);
        expect(label).toBeNull();
        expect(Object.keys(milliseconds)).toEqual(["encrypt", "evaluate", "decrypt"]);
      }
      const ciphertextsPerValue = packing === "scalar" ? 3 : 1;
      expect(report.layers.map(({ name, ciphertexts }) => [name, ciphertexts])).toEqual([
        ["conv1", 32 * ciphertextsPerValue],
        ["square1", 32 * ciphertextsPerValue],
        ["pool1", 8 * ciphertextsPerValue],
        ["flatten", 8 * ciphertextsPerValue],
        ["fc1", 3 * ciphertextsPerValue],
      ]);
      const most = expected.scaleBits === 40 ? 1e-4 : 0.02;
      expect(report.layers.every(({ error }) => error !== undefined && error.maxAbs < most)).toBe(true);
      expect(report.bytes.input).toBeGreaterThan(report.bytes.output);
    },
  );

  test("a file of PyTorch's takes the shape that the images have", async () => {
    const images = { inputShape: [1, 1, 5, 5], inputs: [waves(25, 1)] };
    const input = await writeJson(folder.path, "images-5x5.json", images);
    const { status, stdout, stderr } = await heMl([
      ...["infer", "--model", join("test", "fixtures", "torch", "nested.pt"), "--input", input, "--json"],
      ...teaching,
    ]);
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
    expect(results[0].maxAbsError).toBeLessThan(0.01 * maxAbs(results[0].plainLogits));
  });

  test("without --json: the first line is the first image's, and the report is one HTML file", async () => {
    const page = join(folder.path, "nested", "report.html");
    const { status, stdout } = await heMl([...common, ...teaching, "--report", page]);
    expect(status).toBe(0);
    expect(stdout.split("\n")[0]).toMatch(/^image 0, classified while encrypted by .*: [012]; largest error/);
    const html = await readFile(page, "utf8");
    expect(html).toMatch(/^<!doctype html>/i);
    for (const name of ["conv1", "square1", "pool1", "fc1"]) expect(html).toContain(name);
  });

  test("Ctrl-C ends it with status 130, and takes the bar away that is drawn on a terminal", async () => {
    const { status, stdout, stderr } = await heMl([...common, ...teaching], {
      terminal: true,
      interruptAt: /conv1 [█░]{30} \d+\/\d+/,
    });
    expect({ status, stdout }).toEqual({ status: 130, stdout: "" });
    expect(stderr).toMatch(/conv1 [█░]{30} .*\u001b\[2Khe-ml: interrupted\n$/s);
  });
});
