import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { maxAbs } from "../../src/he-ml/tensor/tensor.js";
import { heMl } from "./he-ml.js";
import { teachingParameters, temporaryFolder, waves, writeJson } from "./support.js";
import { checkTinyInference, inferTiny } from "./tiny-inference.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let common: readonly string[];
let teaching: readonly string[];

beforeAll(async () => {
  folder = await temporaryFolder();
  common = await inferTiny(folder.path);
  teaching = ["--parameters", await writeJson(folder.path, "teaching.json", teachingParameters)];
});
afterAll(() => folder.remove());

describe("he-ml infer on a tiny convolutional model", () => {
  // With the chain that it gets of itself: see infer.slow.ts.
  test.each(["scalar", "batch"])(
    "packing %s: the design's JSON, logits within 1 %% of onnxruntime's",
    (packing) =>
      checkTinyInference([...common, ...teaching], packing, { security: "teaching", scaleBits: 20 }, 0.02),
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

  test("without --json: the first line is the first image's", async () => {
    const { status, stdout } = await heMl([...common, ...teaching]);
    expect(status).toBe(0);
    expect(stdout.split("\n")[0]).toMatch(/^image 0, classified while encrypted by .*: [012]; largest error/);
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
