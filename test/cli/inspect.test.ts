import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ModelProtoSchema, NodeProtoSchema } from "onnx-buf";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { activationLayer } from "../../src/he-ml/model/activation.js";
import type { Inspection } from "../../src/he-ml/model/inspection.js";
import { maxPoolLayer } from "../../src/he-ml/model/max-pool.js";
import type { Network } from "../../src/he-ml/model/model.js";
import { heMl } from "./he-ml.js";
import { temporaryFolder, tinyModel } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function written(name: string, network: Network): Promise<string> {
  const path = join(folder.path, `${name}.onnx`);
  await writeFile(path, writeOnnx(network));
  return path;
}

async function inspected(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await heMl(["inspect", ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

const reluNetwork: Network = {
  ...tinyModel,
  layers: [
    tinyModel.layers[0],
    activationLayer({ name: "relu1", function: "relu" }),
    maxPoolLayer({ name: "pool1", kernelSize: 2 }),
    ...tinyModel.layers.slice(3),
  ],
};

describe("he-ml inspect", () => {
  test("lists layers, shapes, parameters, depth and the ranges of metrics.json", async () => {
    const text = await inspected("lenet1");
    expect(text).toMatch(/^model "lenet1": 8 layers, 3,246 parameters\n/);
    expect(text).toMatch(/│ +3 │ conv2 +│ convolutional │ +12×8×8 │ +1212 │ -2.41 │ 2.47 │/);
    expect(text).toMatch(/value ranges from metrics.json\n/);
    expect(text).toMatch(
      /can be encrypted; multiplicative depth 5: 2 of ciphertexts with each other, 3 with weights\n$/,
    );
  });

  test("measures the ranges on a dataset where it is asked to", async () => {
    const inspection = JSON.parse(
      await inspected("breast-cancer", "--dataset", "breast-cancer", "--json"),
    ) as Inspection;
    expect(inspection).toMatchObject({
      model: "breast-cancer",
      inputShape: [30],
      rangesFrom: "breast-cancer",
    });
    expect(inspection.layers.map(({ index, name, kind }) => [index, name, kind])).toEqual([
      [0, "fc1", "linear"],
      [1, "square1", "square"],
      [2, "fc2", "linear"],
    ]);
    expect(inspection.parameters).toBe(30 * 16 + 16 + 16 * 2 + 2);
    expect(inspection.inputRange!.min).toBeLessThan(-1);
    const [, square] = inspection.layers;
    expect(square.range!.min).toBeGreaterThanOrEqual(0);
    expect(square.range!.max).toBeGreaterThan(square.range!.min);
  });

  test("names every layer that cannot be encrypted, and what to put in its place, with exit status 0", async () => {
    const path = await written("relu", reluNetwork);
    const text = await inspected(path);
    expect(text).toMatch(/model "relu" cannot be encrypted as it is; 2 layers stand in the way:\n/);
    expect(text).toMatch(
      /\n {2}layer 1 "relu1" \(relu\): put a square .* or a fitted polynomial in its place/,
    );
    expect(text).toMatch(/\n {2}layer 2 "pool1" \(maxPool\): put an average pool in its place/);
    expect(text).toMatch(/value ranges are not known; give --dataset/);
    const json = JSON.parse(await inspected(path, "--json")) as Inspection;
    expect(json.unsupported.map(({ position, op }) => [position, op])).toEqual([
      [1, "relu"],
      [2, "maxPool"],
    ]);
    expect(json.depth).toEqual({ ciphertext: null, total: null });
    expect(json.layers.map(({ kind, range }) => [kind, range])).toEqual([
      ["convolutional", null],
      ["relu", null],
      ["maxPool", null],
      ["flatten", null],
      ["linear", null],
    ]);
  });

  test("of layers that cannot even be run, says what stands in the way", async () => {
    const proto = fromBinary(ModelProtoSchema, writeOnnx(tinyModel));
    const nodes = proto.graph!.node;
    nodes[1] = create(NodeProtoSchema, { ...nodes[1], opType: "Erf", input: nodes[1].input.slice(0, 1) });
    const path = join(folder.path, "erf.onnx");
    await writeFile(path, toBinary(ModelProtoSchema, proto));
    expect(await inspected(path)).toMatch(
      /^model "erf" cannot be encrypted.* 1 layer stands in the way:\n {2}layer 1 .*Erf/,
    );
    expect(JSON.parse(await inspected(path, "--json"))).toMatchObject({
      model: "erf",
      unsupported: [{ position: 1, op: "Erf" }],
    });
  });

  test.each([
    [["nope"], /there is no model "nope"/],
    [["README.md"], /expected a file ending in/],
    [["lenet1", "--dataset", "cats"], /expected one of mnist/],
    [["lenet1", "--dataset", "breast-cancer"], /expected a batch \[n, 1, 28, 28\], got \[100, 30\]/],
    [["lenet1", "--dataset-dir", "x"], /--dataset-dir is for a dataset/],
  ])("%p is refused in one line with exit status 2", async (args, message) => {
    const { status, stdout, stderr } = await heMl(["inspect", ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  test("a file that is no model is refused with exit status 2", async () => {
    const path = join(folder.path, "broken.onnx");
    await writeFile(path, "no model at all");
    const { status, stderr } = await heMl(["inspect", path]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
  });
});
