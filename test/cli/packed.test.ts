import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Explanation } from "../../src/he-ml/program/explain.js";
import type { ClientSpec } from "../../src/he-ml/program/client-spec.js";
import { heMl } from "./he-ml.js";
import { checkPackedInference } from "./packed-inference.js";
import { teachingParameters, temporaryFolder, writeJson, writeModel } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let model: string;
let teaching: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  model = await writeModel(folder.path);
  teaching = await writeJson(folder.path, "teaching.json", teachingParameters);
});
afterAll(() => folder.remove());

async function succeeded(args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await heMl(args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

async function refused(args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await heMl(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
  return stderr;
}

describe("he-ml explain", () => {
  test("--json: the design's keys, and nothing was encrypted", async () => {
    const explanation = JSON.parse(await succeeded(["explain", "--model", model, "--json"])) as Explanation;
    expect(explanation).toMatchObject({ packing: "packed", parameters: { security: 128, scheme: "ckks" } });
    expect(explanation.stages.map(({ name, modelLayers }) => [name, modelLayers])).toEqual([
      ["conv1+square1", [0, 1]],
      ["pool1+flatten+fc1", [2, 3, 4]],
    ]);
    for (const stage of explanation.stages) {
      expect(stage).toMatchObject({
        level: expect.any(Number),
        scaleBits: expect.any(Number),
        diagonals: expect.any(Number),
        ops: { rotate: expect.any(Number), multiplyPlain: expect.any(Number), square: expect.any(Number) },
      });
      expect(stage.predictedMilliseconds).toBeGreaterThan(0);
      expect(stage.predictedError).toBeGreaterThan(0);
    }
    const sum = explanation.stages.reduce((total, stage) => total + stage.predictedMilliseconds, 0);
    expect(explanation.totals.predictedMilliseconds).toBeCloseTo(sum, 9);
    expect(explanation.rotationSteps.length).toBeGreaterThan(0);
    expect(Object.keys(explanation.bytes).sort()).toEqual(["evaluationKeys", "input", "output"]);
  });

  test("as text: a row for each stage, and what travels", async () => {
    const text = await succeeded(["explain", "--model", model]);
    for (const part of ["conv1+square1", "pool1+flatten+fc1", "128-bit security", "travels: input"]) {
      expect(text).toContain(part);
    }
  });

  test("--security, --security-table: parameters of more than 128 bits", async () => {
    const text = await succeeded([
      ...["explain", "--model", model, "--security", "192", "--security-table", "2024"],
    ]);
    expect(text).toContain("192-bit security by the guidelines of 2024");
  });

  test("--no-fuse: a stage for each layer", async () => {
    const { stages } = JSON.parse(
      await succeeded(["explain", "--model", model, "--no-fuse", "--parameters", teaching, "--json"]),
    ) as Explanation;
    expect(stages.map(({ name }) => name)).toEqual(["conv1", "square1", "pool1", "flatten", "fc1"]);
  });

  test("--packing batch: the layers as they will run", async () => {
    const { packing, stages, rotationSteps } = JSON.parse(
      await succeeded([
        "explain",
        "--model",
        model,
        "--packing",
        "batch",
        "--parameters",
        teaching,
        "--json",
      ]),
    ) as Explanation;
    expect([packing, rotationSteps]).toEqual(["batch", []]);
    expect(stages.map(({ name, ops }) => [name, ops.square])).toEqual([
      ["conv1", 0],
      ["square1", 32],
      ["pool1", 0],
      ["flatten", 0],
      ["fc1", 0],
    ]);
  });

  test("--client-spec: writes what a client needs", async () => {
    const file = join(folder.path, "client.json");
    await succeeded(["explain", "--model", model, "--parameters", teaching, "--client-spec", file]);
    const spec = JSON.parse(await readFile(file, "utf8")) as ClientSpec;
    expect(spec).toMatchObject({
      packing: "packed",
      inputShape: [1, 6, 6],
      outputShape: [3],
      relinearization: true,
    });
  });

  test("refuses what it cannot use, in one line", async () => {
    expect(await refused(["explain"])).toMatch(/--model/);
    expect(await refused(["explain", "--model", "nope"])).toMatch(/no model "nope"/);
    expect(await refused(["explain", "--model", model, "--packing", "dense"])).toMatch(/packed/);
    expect(await refused(["explain", "--model", model, "--client-spec", folder.path])).toMatch(
      /--client-spec/,
    );
    const asked = ["explain", "--model", model, "--security", "192", "--parameters", teaching];
    expect(await refused(asked)).toMatch(/explain: --security .* choose parameters, and --parameters gives/);
    expect(await refused(["explain", "--model", model, "--security", "160"])).toMatch(/128, 192, 256/);
    expect(await refused(["explain", "--model", model, "--security-table", "2020"])).toMatch(/2018, 2024/);
    const short = await writeJson(folder.path, "short.json", {
      polyModulusDegree: 8192,
      coeffModulusBits: [50, 60],
      scaleBits: 30,
    });
    expect(await refused(["explain", "--model", model, "--parameters", short])).toMatch(
      /plan: stage "conv1\+square1" needs \d+ bits at level 1/,
    );
  });
});

// Under 128 bits of security, and without fusing, each layer a stage: see packed.slow.ts.
test("he-ml infer --packing packed: logits within 1 % of onnxruntime's, and the run goes as explained", () =>
  checkPackedInference(folder.path, ["--parameters", teaching, "--threads", "1"], "teaching", [
    "conv1+square1",
    "pool1+flatten+fc1",
  ]));

describe("he-ml bench", () => {
  test("refuses what it cannot use, in one line", async () => {
    expect(await refused(["bench", "--model", "nope"])).toMatch(/no model "nope"/);
    expect(await refused(["bench", "--repetitions", "0"])).toMatch(/--repetitions/);
    expect(await refused(["bench", "--count", "1"])).toMatch(/--count/);
    expect(await refused(["bench", "--evaluator", "gpu"])).toMatch(/seal, kernel/);
    expect(await refused(["bench", "--packing", "dense"])).toMatch(/packed/);
  });
});
