import { describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InputError } from "../../../src/he-ml/errors.js";
import { readModel, readNetwork, type ModelFiles } from "../../../src/he-ml/formats/read-model.js";
import { writeOnnx } from "../../../src/he-ml/formats/onnx/write.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { UnsupportedLayersError } from "../../../src/he-ml/model/unsupported-layers.js";
import { loadModel, loadNetwork } from "../../../src/he-ml/node/files/load-model.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { rejectedBy } from "../support.js";
import { torchCases } from "./torch/fixtures.js";

/** Files as they come over a network: bytes, and no folder. */
async function filesAt(...paths: readonly string[]): Promise<Record<string, Uint8Array>> {
  const read = async (path: string) => [basename(path), new Uint8Array(await readFile(path))] as const;
  return Object.fromEntries(await Promise.all(paths.map(read)));
}
const encode = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

const tiny = defineModel({
  name: "tiny",
  inputShape: [2],
  layers: [linearLayer({ name: "fc", weights: tensor([1, 2], [0.5, -2]) })],
});
const tfjs = (path: string) => ({
  format: "layers-model",
  modelTopology: {
    class_name: "Sequential",
    config: [
      {
        class_name: "Dense",
        config: { name: "fc", units: 1, use_bias: false, batch_input_shape: [null, 2] },
      },
    ],
  },
  weightsManifest: [{ paths: [path], weights: [{ name: "fc/kernel", shape: [2, 1], dtype: "float32" }] }],
});
const weights = new Uint8Array(Float32Array.of(0.5, -2).buffer);

describe("bytes give the model that the folder gives", () => {
  test.each(["lenet1", "breast-cancer"])("%s, with ranges, class names and parameters", async (name) => {
    const folder = join("models", name);
    const files = await filesAt(
      ...["model.onnx", "metrics.json", "parameters.json"].map((file) => join(folder, file)),
    );
    expect(await readModel(files, { name })).toEqual(await loadModel(folder));
    expect((await readModel(files)).name).toBe("model");
  });

  test("an ONNX file and the file with its weights", async () => {
    const path = "test/fixtures/onnx/named-new.onnx";
    expect(await readNetwork(await filesAt(path, `${path}.data`))).toEqual(await loadNetwork(path));
  });

  test.each(torchCases.map((each) => [each.name, each] as const))(
    "PyTorch's %s",
    async (_, { path, inputShape, description }) => {
      const options = { inputShape, description };
      expect(await readNetwork(await filesAt(path), options)).toEqual(await loadNetwork(path, options));
    },
  );

  test("safetensors, and a description beside them", async () => {
    const path = "test/fixtures/safetensors/F32.safetensors";
    const cases = join(dirname(path), "cases.json");
    const { description } = JSON.parse(await readFile(cases, "utf8")) as { description: unknown };
    const files = { ...(await filesAt(path)), "F32.layers.json": encode(description) };
    expect(await readNetwork(files)).toEqual(await loadNetwork(path, { description }));
  });

  test.each(["weights.bin", "./weights.bin"])("a tfjs model with weights in %s", async (path) => {
    const files = { "model.json": encode(tfjs(path)), "weights.bin": weights };
    expect(await readNetwork(files, { name: "tiny" })).toEqual(tiny);
    expect((await readNetwork({ ...files, "metrics.json": encode({ dataset: "mnist" }) })).dataset).toBe(
      "mnist",
    );
  });

  test("an ending in capitals", async () => {
    expect(await readNetwork({ "my.tiny.ONNX": writeOnnx(tiny) })).toEqual({ ...tiny, name: "my.tiny" });
  });
});

describe("refused", () => {
  const onnx = writeOnnx(tiny);
  const withDescription = async (description: unknown) => ({
    ...(await filesAt("test/fixtures/safetensors/F32.safetensors")),
    "F32.layers.json": encode(description),
  });
  test.each<[string, () => unknown, RegExp]>([
    ["nothing", () => undefined, /^readModel: expected files by their names/],
    ["bytes without a name", () => onnx, /^readModel: expected files by their names/],
    ["no files", () => ({}), /^readModel: expected one model's file, which ends in \.onnx, .*, got none/],
    ["notes alone", () => ({ "metrics.json": encode({}), "parameters.json": encode({}) }), /got none/],
    ["a description alone", () => ({ "net.layers.json": encode({}) }), /got none/],
    ["a file of another kind", () => ({ "net.h5": onnx }), /got none/],
    ["two models", () => ({ "a.onnx": onnx, "b.pt": onnx }), /got "a\.onnx" and "b\.pt"; give one model/],
    ["an ArrayBuffer", () => ({ "a.onnx": onnx.buffer }), /^readModel: "a\.onnx": expected bytes/],
    [
      "a path",
      () => ({ "a.onnx": "models/lenet1/model.onnx" }),
      /expected bytes \(a Uint8Array\), got string/,
    ],
    [
      "weights that are missing",
      () => ({ "model.json": encode(tfjs("w.bin")) }),
      /"w\.bin", which was not given/,
    ],
    ["weights that every object has", () => ({ "model.json": encode(tfjs("__proto__")) }), /was not given/],
    [
      "metrics of another kind",
      () => ({ "a.onnx": onnx, "metrics.json": encode({ valueRanges: "none" }) }),
      /^readModel: metrics\.json: valueRanges: .*train the model again/,
    ],
    [
      "parameters that are no JSON",
      () => ({ "a.onnx": onnx, "parameters.json": encode("[NaN]") }),
      /^readModel: "parameters\.json" holds NaN; every value must be a finite number/,
    ],
    ["a description that is no JSON", () => withDescription("{"), /"F32\.layers\.json" is not JSON/],
    ["a long description", () => withDescription(" ".repeat(2 ** 20 + 1)), /a description of at most 1 MiB/],
  ])("%s", async (_, files, message) => {
    const error = await rejectedBy(async () => readNetwork((await files()) as ModelFiles));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain("\n");
  });

  test("a model that cannot be encrypted, which can be read as a network", async () => {
    const files = await filesAt("models/lenet1-tanh/model.onnx");
    expect(await rejectedBy(() => readModel(files))).toBeInstanceOf(UnsupportedLayersError);
    expect((await readNetwork(files)).layers.some(({ kind }) => kind === "activation")).toBe(true);
  });
});
