import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { AttributeProtoSchema, GraphProtoSchema, ModelProtoSchema, NodeProtoSchema } from "onnx-buf";
import { readTfjs } from "../../../src/he-ml/formats/tfjs/read.js";
import { field, refusal, refusalOf } from "./hostile-files.js";
import { floats, ints, node, onnxFile, randomTensor } from "./onnx-support.js";

// As hostile-files.test.ts, files that take a second until they are refused.

describe("ONNX files that mean harm", () => {
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
});

describe("tfjs models that mean harm", () => {
  test("a topology beyond reason", () => {
    const bytes = new Uint8Array(2 ** 24 + 1).fill(32);
    expect(refusal(() => readTfjs(bytes, { name: "net", file: () => bytes }))).toContain("at most 16 MiB");
  });

  test("nesting that would exhaust the stack", () => {
    const bytes = new TextEncoder().encode(`{"modelTopology":${"[".repeat(5_000_000)}`);
    expect(refusal(() => readTfjs(bytes, { name: "net", file: () => bytes }))).toContain("got no JSON");
  });
});
