import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { ModelProtoSchema, type NodeProto } from "onnx-buf";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { encryptableModel, UnsupportedLayersError } from "../../../src/he-ml/model/unsupported-layers.js";
import { floats, node, onnxFile, randomTensor } from "./onnx-support.js";
import { thrownBy } from "../support.js";
import { refusal, conv } from "./refuse-onnx.js";

describe("unsupported layers", () => {
  const bytes = onnxFile({
    input: ["n", 2, 5, 5],
    nodes: [
      node("Conv", ["input", "w"], "c", {}, "conv1"),
      node("Constant", [], "unused", { value_int: 1 }),
      node("Relu", ["c"], "r", {}, "relu1"),
      node("Identity", ["r"], "i"),
      node("MaxPool", ["i"], "p", { kernel_shape: [2, 2] }),
      node("Flatten", ["p"], "f"),
      node("Softmax", ["f"], "s", {}, "two\nlines"),
      node("Relu", ["s"], "output", {}, "relu2"),
    ],
    initializers: [conv],
    name: "lenet",
  });

  test("are all named, with their place and what to do", () => {
    const error = refusal(bytes);
    expect(error).toBeInstanceOf(UnsupportedLayersError);
    expect((error as UnsupportedLayersError).modelName).toBe("lenet");
    expect((error as UnsupportedLayersError).layers).toEqual([
      { position: 1, name: "relu1", op: "relu", remedy: expect.stringContaining("square (x * x)") },
      { position: 2, name: "pool1", op: "maxPool", remedy: expect.stringContaining("average pool") },
      { position: 4, name: "two\nlines", op: "Softmax", remedy: expect.stringContaining("client") },
      { position: 5, name: "relu2", op: "relu", remedy: expect.stringContaining("square (x * x)") },
    ]);
    expect(error.message).toBe(
      'model "lenet" has 4 layers that cannot be encrypted: ' +
        'layer 1 "relu1" (relu): put a square (x * x) or a fitted polynomial in its place and train again; ' +
        'layer 2 "pool1" (maxPool): put an average pool in its place and train again; ' +
        'layer 4 "two\\nlines" (Softmax): leave it out, the client applies it after decryption; ' +
        'layer 5 "relu2" (relu): put a square (x * x) or a fitted polynomial in its place and train again',
    );
  });

  test.each(["Softmax", "Erf", "LSTM", "Mish"])("%s has a remedy", (op) => {
    const error = refusal(onnxFile({ input: ["n", 6], nodes: [node(op, ["input"], "output")] }));
    expect(error).toMatchObject({ layers: [{ op, remedy: expect.stringMatching(/.{20}/) }] });
  });

  test("that run on plain values are read, and all named when the network is to be encrypted", () => {
    const network = readOnnx(
      onnxFile({
        input: ["n", 2, 5, 5],
        nodes: [
          node("Tanh", ["input"], "t"),
          node("MaxPool", ["t"], "p", { kernel_shape: [2, 2], strides: [1, 1] }),
          node("Relu", ["p"], "output"),
        ],
        name: "lenet",
      }),
    );
    expect(network.layers.map(({ kind }) => kind)).toEqual(["activation", "maxPool", "activation"]);
    expect(thrownBy(() => encryptableModel(network))).toMatchObject({
      modelName: "lenet",
      layers: [
        { position: 0, name: "tanh1", op: "tanh", remedy: expect.stringContaining("square") },
        { position: 1, name: "pool1", op: "maxPool", remedy: expect.stringContaining("average pool") },
        { position: 2, name: "relu1", op: "relu", remedy: expect.stringContaining("square") },
      ],
    });
  });

  test("operators of other domains are not taken for ONNX's own", () => {
    const other = node("Conv", ["input", "w"], "output");
    other.domain = "com.example";
    const error = refusal(onnxFile({ input: ["n", 2, 5, 5], nodes: [other], initializers: [conv] }));
    expect(error).toMatchObject({ layers: [{ op: "com.example.Conv" }] });
  });
});

describe("graphs that are not one chain", () => {
  const refuse = (nodes: NodeProto[], message: string, moreInputs = {}) =>
    expect(
      refusal(
        onnxFile({
          input: ["n", 6],
          nodes,
          moreInputs,
          initializers: [floats("w", randomTensor([6, 6], 1))],
        }),
      ).message,
    ).toContain(message);

  test("a residual connection", () =>
    refuse(
      [node("MatMul", ["input", "w"], "a"), node("Add", ["a", "input"], "output", {}, "skip")],
      '"input" goes into MatMul "a" and again into Add "skip"; only models whose layers form one chain are ' +
        "supported, without branches or residual connections",
    ));

  test("two branches that join again", () =>
    refuse(
      [
        node("MatMul", ["input", "w"], "a", {}, "left"),
        node("MatMul", ["input", "w"], "b", {}, "right"),
        node("Add", ["a", "b"], "output"),
      ],
      '"input" goes into MatMul "left" and again into MatMul "right"',
    ));

  test("weights that depend on the image", () =>
    refuse(
      [node("Mul", ["input", "input"], "a"), node("MatMul", ["input", "a"], "output")],
      'MatMul "output": expected its input 1 to be a constant, got the computed value "a"',
    ));

  test("a value that no node gives", () =>
    refuse([node("Add", ["input", "ghost"], "output")], 'takes "ghost", which no node before it gives'));

  test("two nodes that give one value", () =>
    refuse(
      [node("MatMul", ["input", "w"], "output"), node("Relu", ["output"], "output")],
      'Relu "output" gives "output", which is there already',
    ));

  test("an output that is a constant", () =>
    refuse([node("Constant", [], "output", { value_int: 1 })], "its output does not depend on its input"));

  test("a value that does not depend on the image", () =>
    refuse(
      [node("Constant", [], "zero", { value_float: { float: 0 } }), node("Mul", ["input", "zero"], "output")],
      'Mul "output": it gives the same value for every image',
    ));

  test("two inputs", () =>
    refuse([node("Mul", ["input", "input"], "output")], "one input and one output, got 2 and 1", {
      other: ["n", 6],
    }));

  test("no layers at all", () => {
    const model = fromBinary(ModelProtoSchema, onnxFile({ input: ["n", 6], nodes: [] }));
    model.graph!.output[0].name = "input";
    expect(refusal(toBinary(ModelProtoSchema, model)).message).toContain("at least one layer, got none");
  });
});
