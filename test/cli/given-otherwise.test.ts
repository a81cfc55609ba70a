import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { flattenLayer } from "../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../src/he-ml/model/linear.js";
import { defineModel } from "../../src/he-ml/model/model.js";
import type { Inspection } from "../../src/he-ml/model/inspection.js";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { sizeOf, tensor } from "../../src/he-ml/tensor/tensor.js";
import { heMl } from "./he-ml.js";
import { npy } from "./npy.js";
import { teachingParameters, temporaryFolder, waves, writeJson } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let teaching: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  teaching = await writeJson(folder.path, "teaching.json", teachingParameters);
});
afterAll(() => folder.remove());

/** Two classes from images of that shape. */
async function writeClassifier(name: string, inputShape: readonly number[]): Promise<string> {
  const size = sizeOf(inputShape);
  const layers = [
    ...(inputShape.length > 1 ? [flattenLayer({ name: "flatten" })] : []),
    linearLayer({ name: "fc1", weights: tensor([2, size], waves(2 * size, 0.05)) }),
  ];
  const path = join(folder.path, `${name}.onnx`);
  await writeFile(path, writeOnnx(defineModel({ name, inputShape, layers })));
  return path;
}

/** On one worker thread, since each takes half a second to start. */
const outcome = async (args: readonly string[]) => {
  const options = ["--parameters", teaching, "--threads", "1", "--json"];
  const { status, stdout, stderr } = await heMl([...args, ...options]);
  return { status, stderr, report: JSON.parse(stdout || "null") as InferenceReport };
};

describe("images whose values fit and whose shape does not", () => {
  const pixels = waves(72, 1);
  let images: readonly string[];
  beforeAll(async () => {
    const path = join(folder.path, "x.npy");
    await writeFile(path, npy("<f8", [2, 1, 6, 6], Float64Array.from(pixels)));
    images = ["--input", path];
  });

  test("are reshaped, said once, and give what they give in the right shape", async () => {
    const square = await writeClassifier("square", [1, 6, 6]);
    const expected = await outcome(["infer", "--model", square, ...images]);
    expect(expected).toMatchObject({ status: 0, stderr: "" });
    const model = await writeClassifier("other", [36]);
    const { status, stderr, report } = await outcome(["infer", "--model", model, ...images]);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: "he-ml: each image was reshaped from 1×6×6 to 36, as the model takes it\n",
    });
    expect(report.results.map(({ plainLogits }) => plainLogits)).toEqual(
      expected.report.results.map(({ plainLogits }) => plainLogits),
    );
  });

  test("of a dataset, too", async () => {
    const folded = await writeClassifier("folded", [1, 5, 6]);
    const { stdout, stderr } = await heMl(["inspect", folded, "--dataset", "breast-cancer", "--json"]);
    expect(stderr).toMatch(/^he-ml: each image was reshaped from 30 to 1×5×6/);
    const { inputRange } = JSON.parse(stdout) as Inspection;
    expect(inputRange).toEqual({ min: expect.closeTo(-3.088, 3), max: expect.closeTo(9.202, 3) });
  });

  test("a CSV with labels", async () => {
    const model = await writeClassifier("rows", [36]);
    const rows = [pixels.slice(0, 36), pixels.slice(36)].map((row, i) => [...row, i].join(","));
    const names = [...pixels.slice(0, 36).map((_, i) => `p${i}`), "digit"].join(",");
    await writeFile(join(folder.path, "x.csv"), [names, ...rows].join("\n"));
    const input = ["--input", join(folder.path, "x.csv"), "--label", "digit"];
    const table = await outcome(["infer", "--model", model, ...input]);
    const array = await outcome(["infer", "--model", model, ...images]);
    expect([table.status, table.stderr]).toEqual([0, ""]);
    expect(table.report.results.map(({ label }) => label)).toEqual([0, 1]);
    expect(table.report.results.map(({ plainLogits }) => plainLogits)).toEqual(
      array.report.results.map(({ plainLogits }) => plainLogits),
    );
  });

  test("an ill-sized image is found before anything is planned", async () => {
    const model = await writeClassifier("flat", [784]);
    const input = await writeJson(folder.path, "ill.json", waves(783, 1));
    const { status, stderr } = await heMl([
      "infer",
      "--model",
      model,
      "--packing",
      "packed",
      "--input",
      input,
    ]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/783 values, the model has 784/);
  });
});

describe("--input-shape", () => {
  const nested = join("test", "fixtures", "torch", "nested.pt");

  test("says what a file of PyTorch's does not", async () => {
    for (const args of [
      ["inspect", nested],
      ["explain", "--model", nested, "--packing", "batch", "--parameters", teaching],
    ]) {
      const open = await heMl([...args, "--json"]);
      const shaped = await heMl([...args, "--input-shape", "1x5x5", "--json"]);
      expect(shaped).toMatchObject({ status: 0, stderr: "" });
      if (open.status !== 0) expect(open.stderr).toMatch(/--input-shape 1x/);
    }
  });

  test("of one dimension is one row high", async () => {
    const file = join("test", "fixtures", "torch", "conv1d-same.pt");
    const { status, stdout } = await heMl(["inspect", file, "--input-shape", "2x100", "--json"]);
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as Inspection).inputShape).toEqual([2, 1, 100]);
  });

  test("that is none, or not the file's", async () => {
    for (const wrong of ["1x0x5", "axb", "1x2x3x4", "1.5", "-1x5x5", ""]) {
      const { status, stderr } = await heMl(["inspect", nested, `--input-shape=${wrong}`]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^he-ml: [^\n]*Expected up to three whole numbers[^\n]*\n$/);
    }
    const { stderr } = await heMl(["inspect", "lenet1", "--input-shape", "1x27x28"]);
    expect(stderr).toMatch(/expected 1×28×28, as the model's file says, got 1×27×28; leave it out/);
  });
});
