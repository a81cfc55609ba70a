import { describe, expect, test } from "@jest/globals";
import { readTfjs } from "../../../src/he-ml/formats/tfjs/read.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { field, refusal, refusalOf } from "./hostile-files.js";
import { floats, ints, node, onnxFile, randomTensor } from "./onnx-support.js";

// Small files that would have us take much memory or time; jest's own limit on time is part of these tests.

describe("ONNX files that mean harm", () => {
  test("millions of empty nodes, two bytes each", () => {
    const nodes = new Uint8Array(4_000_000).map((_, i) => (i % 2 === 0 ? 10 : 0));
    expect(refusalOf(field(7, nodes))).toContain("expected at most 16777216 numbers outside of raw data");
  });

  test("millions of numbers, one byte each", () => {
    const dims = field(7, field(5, field(1, new Uint8Array(2 ** 24 + 1))));
    expect(refusalOf(dims)).toContain("expected at most 16777216 numbers outside of raw data");
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
});
