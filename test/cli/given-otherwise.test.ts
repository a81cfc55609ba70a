import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { flattenLayer } from "../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../src/he-ml/model/linear.js";
import { defineModel } from "../../src/he-ml/model/model.js";
import type { Inspection } from "../../src/he-ml/model/inspection.js";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
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

/** Two classes from images of 28×28. */
async function writeWide(name: string, inputShape: readonly number[]): Promise<string> {
  const layers = [
    ...(inputShape.length > 1 ? [flattenLayer({ name: "flatten" })] : []),
    linearLayer({ name: "fc1", weights: tensor([2, 784], waves(1568, 0.05)) }),
  ];
  const path = join(folder.path, name);
  await writeFile(path, writeOnnx(defineModel({ name, inputShape, layers })));
  return path;
}

const outcome = async (args: readonly string[]) => {
  const { status, stdout, stderr } = await heMl([...args, "--json"]);
  return { status, stderr, report: JSON.parse(stdout || "null") as InferenceReport };
};

describe("images whose values fit and whose shape does not", () => {
  test("are reshaped, said once, and give what they give in the right shape", async () => {
    const square = await writeWide("square.onnx", [1, 28, 28]);
    const flat = await writeWide("flat.onnx", [784]);
    const last = await writeWide("last.onnx", [28, 28, 1]);
    const images = ["--dataset", "mnist", "--parameters", teaching];
    const expected = await outcome(["infer", "--model", square, ...images]);
    expect(expected).toMatchObject({ status: 0, stderr: "" });
    for (const [model, shape] of [
      [flat, "784"],
      [last, "28×28×1"],
    ]) {
      const { status, stderr, report } = await outcome(["infer", "--model", model, ...images]);
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: `he-ml: each image was reshaped from 1×28×28 to ${shape}, as the model takes it\n`,
      });
      report.results[0].plainLogits.forEach((logit, i) =>
        expect(logit).toBeCloseTo(expected.report.results[0].plainLogits[i], 5),
      );
    }
    const { stdout, stderr } = await heMl(["inspect", flat, "--dataset", "mnist", "--json"]);
    expect(stderr).toMatch(/^he-ml: each image was reshaped from 1×28×28 to 784/);
    expect((JSON.parse(stdout) as Inspection).inputRange).toEqual({ min: 0, max: 1 });
  });

  test("--input of a .npy and of a CSV with labels", async () => {
    const model = await writeWide("flat2.onnx", [784]);
    const pixels = waves(1568, 1);
    await writeFile(join(folder.path, "x.npy"), npy("<f8", [2, 28, 28], Float64Array.from(pixels)));
    const rows = [pixels.slice(0, 784), pixels.slice(784)].map((row, i) => [...row, i].join(","));
    const names = [...pixels.slice(0, 784).map((_, i) => `p${i}`), "digit"].join(",");
    await writeFile(join(folder.path, "x.csv"), [names, ...rows].join("\n"));
    const common = ["infer", "--model", model, "--parameters", teaching];
    const array = await outcome([...common, "--input", join(folder.path, "x.npy")]);
    const table = await outcome([...common, "--input", join(folder.path, "x.csv"), "--label", "digit"]);
    expect([array.status, table.status]).toEqual([0, 0]);
    expect(table.report.results.map(({ label }) => label)).toEqual([0, 1]);
    expect(table.report.results.map(({ plainLogits }) => plainLogits)).toEqual(
      array.report.results.map(({ plainLogits }) => plainLogits),
    );
  });

  test("an ill-sized image is found before anything is planned", async () => {
    const model = await writeWide("flat3.onnx", [784]);
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
