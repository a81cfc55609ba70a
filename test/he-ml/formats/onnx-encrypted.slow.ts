import { expect, test } from "@jest/globals";
import { readdirSync } from "node:fs";
import type { NodeProto, TensorProto } from "onnx-buf";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { runOnnx } from "../../../src/he-ml/node/onnx/run.js";
import { expectSameEncrypted } from "./encrypted.js";
import { loadExported } from "./onnx-fixtures.js";
import { floats, ints, node, onnxFile, randomTensor } from "./onnx-support.js";

/** Networks that are refused: see onnx-exporters.test.ts. */
const refused = /^(plain-only|residual)-/;

const files = readdirSync(new URL("../../fixtures/onnx/", import.meta.url))
  .filter((file) => file.endsWith(".onnx") && !refused.test(file))
  .map((file) => /^(.*?)-((?:opset10-|unfolded-)?(?:old|new)|tf2onnx)\.onnx$/.exec(file)!.slice(1));

test("there are files of every exporter", () => {
  expect(new Set(files.map(([, exporter]) => exporter))).toEqual(
    new Set(["old", "new", "unfolded-old", "opset10-old", "tf2onnx"]),
  );
});

test.each(files)("%s, %s: runs encrypted", async (name, exporter) => {
  const { network, inputs, outputs } = await loadExported(name, exporter);
  await expectSameEncrypted(network, inputs, outputs);
});

test.each<[string, number[], NodeProto[], TensorProto[]]>([
  [
    "images of one dimension",
    [2, 16],
    [
      node("Conv", ["input", "w"], "c", { strides: [2] }),
      node("Mul", ["c", "c"], "s"),
      node("AveragePool", ["s"], "a", { kernel_shape: [2] }),
      node("Flatten", ["a"], "f"),
      node("Gemm", ["f", "g"], "output", { transB: 1 }),
    ],
    [floats("w", randomTensor([3, 2, 3], 1)), floats("g", randomTensor([4, 18], 2))],
  ],
  [
    "features that become an image, twice",
    [36],
    [
      node("Reshape", ["input", "image"], "i"),
      node("Conv", ["i", "k"], "c", { strides: [2, 2] }),
      node("Mul", ["c", "c"], "s"),
      node("Reshape", ["s", "rows"], "r"),
      node("Conv", ["r", "k2"], "d"),
      node("Mul", ["d", "d"], "t"),
      node("Flatten", ["t"], "output"),
    ],
    [
      ints("image", [-1, 1, 6, 6]),
      ints("rows", [-1, 3, 3, 2]),
      floats("k", randomTensor([2, 1, 2, 2], 3)),
      floats("k2", randomTensor([2, 3, 2, 2], 4)),
    ],
  ],
  [
    "values that are moved, padded and scaled one by one",
    [2, 4, 5],
    [
      node("Mul", ["input", "m"], "a"),
      node("Transpose", ["a"], "t", { perm: [0, 3, 1, 2] }),
      node("Pad", ["t", "pads"], "p", { mode: "edge" }),
      node("ReduceSum", ["p", "axes"], "r", { keepdims: 0 }),
      node("Mul", ["r", "r"], "s"),
      node("Add", ["s", "n"], "output"),
    ],
    [
      floats("m", randomTensor([4, 5], 3)),
      ints("pads", [0, 0, 1, 0, 0, 0, 0, 2]),
      ints("axes", [1]),
      floats("n", randomTensor([3, 6], 3)),
    ],
  ],
])("%s: run encrypted", async (_what, shape, nodes, initializers) => {
  const bytes = onnxFile({ input: ["n", ...shape], nodes, initializers });
  const network = readOnnx(bytes);
  const images = randomTensor([2, ...network.inputShape], 9);
  await expectSameEncrypted(network, images, await runOnnx(bytes, images));
});
