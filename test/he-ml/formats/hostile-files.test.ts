import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { AttributeProtoSchema, GraphProtoSchema, ModelProtoSchema, NodeProtoSchema } from "onnx-buf";
import { InputError } from "../../../src/he-ml/errors.js";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { readTfjs } from "../../../src/he-ml/formats/tfjs/read.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { thrownBy } from "../support.js";
import { floats, ints, node, onnxFile, randomTensor } from "./onnx-support.js";

// Small files that would have us take much memory or time; jest's own limit on time is part of these tests.

function refusal(read: () => unknown): string {
  const error = thrownBy(read);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).message).toMatch(/^.{1,2000}$/);
  return (error as InputError).message;
}
const refusalOf = (bytes: Uint8Array) => refusal(() => readOnnx(bytes));

/** A protobuf field with content of any length. */
function field(number: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) + (rest >= 128 ? 128 : 0));
    if (rest < 128) break;
  }
  const result = new Uint8Array(1 + length.length + content.length);
  result.set([(number << 3) | 2, ...length]);
  result.set(content, 1 + length.length);
  return result;
}

describe("ONNX files that mean harm", () => {
  test("millions of empty nodes, two bytes each", () => {
    const nodes = new Uint8Array(4_000_000).map((_, i) => (i % 2 === 0 ? 10 : 0));
    expect(refusalOf(field(7, nodes))).toContain("expected at most 16777216 numbers outside of raw data");
  });

  test("millions of numbers, one byte each", () => {
    const dims = field(7, field(5, field(1, new Uint8Array(2 ** 24 + 1))));
    expect(refusalOf(dims)).toContain("expected at most 16777216 numbers outside of raw data");
  });

  test("graphs within graphs", () => {
    let graph = create(GraphProtoSchema);
    for (let depth = 0; depth < 100; depth++) {
      const attribute = [create(AttributeProtoSchema, { name: "body", g: graph })];
      graph = create(GraphProtoSchema, { node: [create(NodeProtoSchema, { opType: "If", attribute })] });
    }
    let bytes: Uint8Array = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph }));
    expect(refusalOf(bytes)).toMatch(/^model "model"|^ONNX model/);
    bytes = new Uint8Array();
    for (let depth = 0; depth < 3000; depth++) bytes = field(1, field(5, field(6, bytes)));
    expect(refusalOf(field(7, bytes))).toMatch(/^ONNX model: not an ONNX file, or a damaged one/);
  });

  test("a constant that doubles forty times", () => {
    const doubling = Array.from({ length: 40 }, (_, i) =>
      node("Concat", [`c${i}`, `c${i}`], `c${i + 1}`, { axis: 0 }),
    );
    const bytes = onnxFile({
      input: ["n", 6],
      nodes: [...doubling, node("Reshape", ["input", "c40"], "output")],
      initializers: [ints("c0", [1])],
    });
    expect(refusalOf(bytes)).toContain(
      "expected at most 8388608 numbers in constants that are left to be computed",
    );
  });

  test("a large constant, computed again and again", () => {
    const turns = Array.from({ length: 200 }, (_, i) =>
      node("Transpose", [`c${i}`], `c${i + 1}`, { perm: [1, 0] }),
    );
    const bytes = onnxFile({
      input: ["n", 1000],
      nodes: [...turns, node("MatMul", ["input", "c200"], "output")],
      initializers: [floats("c0", randomTensor([1000, 1000], 1))],
    });
    expect(refusalOf(bytes)).toContain(
      "expected at most 8388608 numbers in constants that are left to be computed",
    );
  });

  test("weights that a thousand layers share", () => {
    const layers = Array.from({ length: 1000 }, (_, i) =>
      node("MatMul", [i === 0 ? "input" : `v${i}`, "w"], `v${i + 1}`),
    );
    const bytes = onnxFile({
      input: ["n", 500],
      nodes: [...layers, node("Identity", ["v1000"], "output")],
      initializers: [floats("w", randomTensor([500, 500], 1))],
    });
    expect(refusalOf(bytes)).toContain("expected at most 10000 layers and 33554432 weights");
  });

  test("a polynomial whose degree doubles", () => {
    const squares = Array.from({ length: 20 }, (_, i) => node("Mul", [`p${i}`, `p${i}`], `p${i + 1}`));
    const bytes = onnxFile({
      input: ["n", 6],
      nodes: [node("Add", ["input", "one"], "p0"), ...squares, node("Mul", ["p20", "input"], "output")],
      initializers: [floats("one", tensor([], [1]))],
    });
    expect(refusalOf(bytes)).toContain("expected a polynomial of degree 63 at most, got 64");
  });

  test("an image that padding makes enormous", () => {
    const bytes = onnxFile({
      input: ["n", 1, 2, 2],
      nodes: [node("Pad", ["input", "pads"], "output")],
      initializers: [ints("pads", [0, 0, 2 ** 30, 2 ** 30, 0, 0, 0, 0])],
      outputRank: 4,
    });
    expect(refusalOf(bytes)).toContain("1073741826×1073741826 values, at most 16777216 can be handled");
  });

  test("an input that is enormous", () => {
    const bytes = onnxFile({
      input: ["n", 2 ** 20, 2 ** 20],
      nodes: [node("Mul", ["input", "input"], "output")],
    });
    expect(refusalOf(bytes)).toContain("its input: gives 1048576×1048576 values");
  });

  test("a factor for each of very many features", () => {
    const bytes = onnxFile({
      input: ["n", 100_000],
      nodes: [node("Mul", ["input", "s"], "output")],
      initializers: [floats("s", randomTensor([100_000], 1))],
    });
    expect(refusalOf(bytes)).toContain("expected at most 4096 channels or features, got 100000");
  });

  test("names without end", () => {
    const bytes = onnxFile({
      input: ["n", 6],
      nodes: [node("Pow", ["input", "input"], "output", {}, "x".repeat(1_000_000))],
    });
    expect(refusalOf(bytes)).toContain("xxx…");
  });
});

describe("tfjs models that mean harm", () => {
  const model = (layers: unknown[], weightsManifest: unknown = []) => ({
    modelTopology: { class_name: "Sequential", config: { layers } },
    weightsManifest,
  });
  const refusalOfJson = (json: unknown) =>
    refusal(() =>
      readTfjs(new TextEncoder().encode(JSON.stringify(json)), {
        name: "net",
        file: () => new Uint8Array(1000),
      }),
    );

  test("an input that is enormous", () => {
    const shape = [null, 2 ** 20, 2 ** 20, 1];
    expect(
      refusalOfJson(model([{ class_name: "Flatten", config: { name: "f", batch_input_shape: shape } }])),
    ).toContain("its input: gives 1×1048576×1048576 values");
  });

  test("millions of layers", () => {
    const layers = Array.from({ length: 100_000 }, (_, i) => ({
      class_name: "Flatten",
      config: { name: `f${i}` },
    }));
    expect(refusalOfJson(model(layers))).toMatch(/^model "net": modelTopology/);
  });

  test("one file of weights, named again and again", () => {
    const paths = Array.from({ length: 10_000 }, () => "weights.bin");
    const layers = [{ class_name: "Flatten", config: { name: "f", batch_input_shape: [null, 6] } }];
    expect(refusalOfJson(model(layers, [{ paths, weights: [] }]))).toContain("expected 0 bytes of weights");
  });

  test("a topology beyond reason", () => {
    const bytes = new Uint8Array(2 ** 24 + 1).fill(32);
    expect(refusal(() => readTfjs(bytes, { name: "net", file: () => bytes }))).toContain("at most 16 MiB");
  });

  test("nesting that would exhaust the stack", () => {
    const bytes = new TextEncoder().encode(`{"modelTopology":${"[".repeat(5_000_000)}`);
    expect(refusal(() => readTfjs(bytes, { name: "net", file: () => bytes }))).toContain("got no JSON");
  });
});
