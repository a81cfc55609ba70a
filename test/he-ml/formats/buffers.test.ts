import { expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { writeOnnx } from "../../../src/he-ml/formats/onnx/write.js";
import { readNetwork, type ModelFiles } from "../../../src/he-ml/formats/read-model.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { onnxSession } from "../../../src/he-ml/node/onnx/run.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { tfjsModel } from "./damaged-files.js";
import { torchCases } from "./torch/fixtures.js";

/** As Node reads files and sockets: a Buffer amid others, where no number lies at a multiple of its size. */
function pooled(bytes: Uint8Array): Buffer {
  const pool = Buffer.alloc(bytes.length + 24, 77);
  pool.set(bytes, 13);
  return pool.subarray(13, 13 + bytes.length);
}

const mapped = (files: ModelFiles, change: (bytes: Uint8Array) => Uint8Array): ModelFiles =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, change(bytes)]));

const bytesAt = (path: string) => new Uint8Array(readFileSync(path));
const onnx = join("test", "fixtures", "onnx");
const safetensors = join("test", "fixtures", "safetensors");
const { description } = JSON.parse(readFileSync(join(safetensors, "cases.json"), "utf8")) as {
  description: unknown;
};

const onnxFiles = readdirSync(onnx)
  .filter((name) => name.endsWith(".onnx"))
  .map((name): [string, ModelFiles, object] => {
    const weights =
      name === "named-new.onnx" ? { [`${name}.data`]: bytesAt(join(onnx, `${name}.data`)) } : {};
    return [name, { [name]: bytesAt(join(onnx, name)), ...weights }, {}];
  });
const torchFiles = torchCases.map((each): [string, ModelFiles, object] => [
  each.name,
  { [`net${each.path.slice(each.path.lastIndexOf("."))}`]: bytesAt(each.path) },
  { inputShape: each.inputShape, description: each.description },
]);
const { json, weights } = tfjsModel();
const others = [
  ["tfjs", { "model.json": json, "weights.bin": weights }, {}] as [string, ModelFiles, object],
  ...["F16", "F32"].map((type): [string, ModelFiles, object] => [
    type,
    { "net.safetensors": bytesAt(join(safetensors, `${type}.safetensors`)) },
    { description },
  ]),
];

test.each([...onnxFiles, ...torchFiles, ...others])(
  "%s from a Buffer in the midst of others is what it is from bytes of its own, and stays as it was",
  async (_, files, options) => {
    const read = (given: ModelFiles) => readNetwork(given, options).catch((error: Error) => error.message);
    const buffers = mapped(files, pooled);
    expect(await read(buffers)).toEqual(await read(files));
    expect(mapped(buffers, (bytes) => Uint8Array.from(bytes))).toEqual(files);
  },
);

test("onnxruntime takes a Buffer too", async () => {
  const model = defineModel({
    name: "tiny",
    inputShape: [2],
    layers: [linearLayer({ name: "fc", weights: tensor([1, 2], [0.5, -2]) })],
  });
  const bytes = pooled(writeOnnx(model));
  expect((await readOnnx(bytes, { name: "tiny" })).layers).toEqual(model.layers);
  const session = await onnxSession(bytes);
  expect((await session.run(tensor([1, 2], [2, 1]))).data).toEqual(Float64Array.of(-1));
  await session.release();
});
