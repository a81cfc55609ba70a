import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ModelProtoSchema, TensorShapeProto_DimensionSchema } from "onnx-buf";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { gapsBetween, isTooWide } from "../../src/he-ml/service/gaps.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import { heMl } from "./he-ml.js";
import { teachingParameters, temporaryFolder, tinyModel, waves, writeJson, writeModel } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let common: readonly string[];
let teaching: string;
/** One worker thread, since each takes half a second to start. */
const alone = ["--threads", "1"];

beforeAll(async () => {
  folder = await temporaryFolder();
  const input = await writeJson(folder.path, "image.json", waves(36, 1));
  common = ["infer", "--model", await writeModel(folder.path), "--input", input];
  teaching = await writeJson(folder.path, "teaching.json", teachingParameters);
});
afterAll(() => folder.remove());

describe("he-ml infer whose results do not agree", () => {
  test("parameters of too few bits: the results, one line on stderr, and status 1; 0 with --allow-error", async () => {
    const coarse = { ...teachingParameters, scaleBits: 8, weightScaleBits: 4 };
    const args = [
      ...common,
      "--parameters",
      await writeJson(folder.path, "coarse.json", coarse),
      ...alone,
      "--json",
    ];
    const { status, stdout, stderr } = await heMl(args);
    const { gaps, results } = JSON.parse(stdout) as InferenceReport;
    expect(results).toHaveLength(1);
    expect(gaps.encrypted.relativeToMax).toBeGreaterThan(gaps.encrypted.allowed);
    expect(gaps.plain).toMatchObject({ allowed: 1e-3 });
    expect(gaps.plain!.relativeToMax).toBeLessThan(1e-5);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^he-ml: the encrypted logits differ from the plain ones: [^\n]* at most 1 % [^\n]+\n$/,
    );
    expect(await heMl([...args, "--allow-error"])).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/differ/),
    });
  });

  test("outputs that the images came with, of another model", async () => {
    const content = { inputs: [waves(36, 1)], outputs: [[1, 2, 3]] };
    const input = await writeJson(folder.path, "with-outputs.json", content);
    const args = [...common.slice(0, 3), "--input", input, "--parameters", teaching, ...alone];
    const { status, stderr } = await heMl(args);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^he-ml: the logits differ from the outputs that the images came with: [^\n]+\n$/);
  });
});

test("each gap is measured against the largest logit of all images, and no number is too wide", () => {
  const encrypted = tensor([2, 2], [10.05, 1, 0.5, 0]);
  const forward = tensor([2, 2], [10, 1, 0.4, 0]);
  const given = tensor([2, 2], [10, 1, 0.4, 5]);
  expect(gapsBetween({ encrypted, forward }, 0.01)).toEqual({
    encrypted: { relativeToMax: expect.closeTo(0.01, 12), allowed: 0.01 },
  });
  const gaps = gapsBetween({ encrypted, forward, given, expected: encrypted }, 0.02);
  expect(gaps.plain!.relativeToMax).toBe(0.5);
  expect(gaps.encrypted.relativeToMax).toBe(0.5);
  expect(gaps.expected!.relativeToMax).toBe(0);
  expect(isTooWide(gaps.plain!)).toBe(true);
  expect(isTooWide(gaps.expected!)).toBe(false);
  expect(isTooWide({ relativeToMax: NaN, allowed: 1 })).toBe(true);
});

describe("where onnxruntime cannot run the file, the plain logits are HE-ML's own", () => {
  /** The tiny model, its graph changed. */
  async function changed(name: string, change: (graph: NonNullable<ReturnType<typeof graphOf>>) => void) {
    const proto = fromBinary(ModelProtoSchema, writeOnnx(tinyModel));
    change(graphOf(proto)!);
    const path = join(folder.path, name);
    await writeFile(path, toBinary(ModelProtoSchema, proto));
    return path;
  }
  const graphOf = (proto: ReturnType<typeof fromBinary<typeof ModelProtoSchema>>) => proto.graph;

  test("a batch axis of 4: onnxruntime is given copies of the last image", async () => {
    const model = await changed("batch4.onnx", ({ input }) => {
      const type = input[0].type!.value;
      if (type.case !== "tensorType") throw new Error("no tensor");
      type.value.shape!.dim[0] = create(TensorShapeProto_DimensionSchema, {
        value: { case: "dimValue", value: 4n },
      });
    });
    const args = [
      "infer",
      "--model",
      model,
      ...common.slice(3),
      "--parameters",
      teaching,
      ...alone,
      "--json",
    ];
    const { status, stdout, stderr } = await heMl(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { gaps } = JSON.parse(stdout) as InferenceReport;
    expect(gaps.plain!.relativeToMax).toBeLessThan(1e-5);
  });

  test("half precision: said once", async () => {
    const model = await changed("half.onnx", ({ input }) => {
      const type = input[0].type!.value;
      if (type.case !== "tensorType") throw new Error("no tensor");
      type.value.elemType = 10;
    });
    const args = [
      "infer",
      "--model",
      model,
      ...common.slice(3),
      "--parameters",
      teaching,
      ...alone,
      "--json",
    ];
    const { status, stdout, stderr } = await heMl(args);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^he-ml: onnxruntime cannot run this file [^\n]* are HE-ML's own\n$/);
    expect((JSON.parse(stdout) as InferenceReport).gaps.plain).toBeUndefined();
  });
});
