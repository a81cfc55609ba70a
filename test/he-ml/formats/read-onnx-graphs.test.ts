import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import {
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  type NodeProto,
  type TensorProto,
} from "onnx-buf";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { runOnnx } from "../../../src/he-ml/node/onnx/run.js";
import { modelForward, type Network } from "../../../src/he-ml/model/model.js";
import { encryptableModel } from "../../../src/he-ml/model/unsupported-layers.js";
import { tensor, type Shape } from "../../../src/he-ml/tensor/tensor.js";
import { expectSameInFloat32, floats, ints, node, onnxFile, randomTensor } from "./onnx-support.js";
import { readAsOnnxruntime, describeLayers, oneNode } from "./read-onnx.js";

describe("what nodes compute element by element", () => {
  const read = async (
    nodes: NodeProto[],
    initializers: TensorProto[] = [],
    shape: Shape = [2, 5, 6],
    opset = 13,
  ): Promise<string[]> => {
    const bytes = onnxFile({
      input: ["n", ...shape],
      nodes,
      initializers,
      outputRank: shape.length + 1,
      opset,
    });
    return describeLayers(await readAsOnnxruntime(bytes, shape));
  };
  const conv = (output: string) => node("Conv", ["input", "w"], output, {}, "conv");
  const weights = floats("w", randomTensor([3, 2, 2, 2], 1));
  const each = (name: string, count: number, seed: number) => floats(name, randomTensor([count, 1, 1], seed));

  test("a value and its square is a polynomial, not a residual connection", async () => {
    const nodes = [node("Mul", ["input", "input"], "a"), node("Add", ["a", "input"], "output")];
    expect(await read(nodes)).toEqual(["polynomial polynomial1"]);
  });

  test("Horner's rule, differences, quotients and negatives", async () => {
    const nodes = [
      node("Sub", ["two", "input"], "a"),
      node("Mul", ["a", "input"], "b"),
      node("Div", ["b", "two"], "c"),
      node("Neg", ["c"], "d"),
      node("Sub", ["d", "two"], "output"),
    ];
    expect(await read(nodes, [floats("two", tensor([], [2]))])).toEqual(["polynomial polynomial1"]);
  });

  test("the cube", async () => {
    expect(await read([node("Pow", ["input", "e"], "output")], [floats("e", tensor([], [3]))])).toEqual([
      "polynomial polynomial1",
    ]);
  });

  test("a square of a square is two layers", async () => {
    const nodes = [node("Mul", ["input", "input"], "a"), node("Pow", ["a", "e"], "output")];
    expect(await read(nodes, [floats("e", tensor([], [2]))])).toEqual(["square square1", "square square2"]);
  });

  test("factors and shifts of channels join the convolution before them", async () => {
    const nodes = [conv("c"), node("Mul", ["c", "s"], "m"), node("Add", ["t", "m"], "output")];
    expect(await read(nodes, [weights, each("s", 3, 2), each("t", 3, 3)])).toEqual(["convolutional conv"]);
  });

  test("factors of channels behind a square are a convolution of their own", async () => {
    const nodes = [node("Mul", ["input", "input"], "a"), node("Mul", ["a", "s"], "output")];
    expect(await read(nodes, [each("s", 2, 2)])).toEqual(["square square1", "convolutional scale1"]);
  });

  test("factors of features without a layer before them are a diagonal", async () => {
    const nodes = [node("Div", ["input", "s"], "output")];
    expect(await read(nodes, [floats("s", randomTensor([1, 6], 2))], [6])).toEqual(["linear scale1"]);
  });

  test("one factor for all values is a polynomial of degree 1", async () => {
    const nodes = [node("Mul", ["input", "s"], "a"), node("Flatten", ["a"], "output")];
    const bytes = onnxFile({ input: ["n", 2, 5, 6], nodes, initializers: [floats("s", tensor([1], [0.5]))] });
    expect(describeLayers(await readAsOnnxruntime(bytes, [2, 5, 6]))).toEqual([
      "polynomial polynomial1",
      "flatten flatten1",
    ]);
  });

  test("a batch normalization joins the layer before it", async () => {
    const stats = ["scale", "bias", "mean"].map((name, i) => floats(name, randomTensor([3], i)));
    const variance = floats("variance", tensor([3], [0.5, 1, 2]));
    const nodes = [
      conv("c"),
      node("BatchNormalization", ["c", "scale", "bias", "mean", "variance"], "output", {
        epsilon: { float: 0.01 },
      }),
    ];
    expect(await read(nodes, [weights, ...stats, variance])).toEqual(["convolutional conv"]);
  });
});

describe("axes in another order", () => {
  test.each([
    ["by an attribute", { axes: [2, 3], keepdims: 0 }, []],
    ["by an attribute, counted from the end", { axes: [-1, -2], keepdims: 0 }, []],
  ])("ReduceMean over height and width, %s", async (_what, attributes, constants) => {
    const model = await readAsOnnxruntime(
      oneNode("ReduceMean", { attributes, constants, rank: 2 }),
      [2, 5, 6],
    );
    expect(describeLayers(model)).toEqual(["averagePool pool1", "flatten flatten1"]);
  });

  test("a flattened image whose channels come last is multiplied as it was", async () => {
    const bytes = onnxFile({
      input: ["n", 2, 3, 4],
      nodes: [
        node("Mul", ["input", "input"], "a"),
        node("Transpose", ["a"], "t", { perm: [0, 2, 3, 1] }),
        node("Flatten", ["t"], "f"),
        node("Mul", ["f", "s"], "g"),
        node("MatMul", ["g", "w"], "output"),
      ],
      initializers: [floats("s", randomTensor([24], 1)), floats("w", randomTensor([24, 3], 2))],
    });
    const model = await readAsOnnxruntime(bytes, [2, 3, 4]);
    expect(describeLayers(model)).toEqual(["square square1", "flatten flatten1", "linear fc1"]);
  });

  test("padding and pooling around transpositions", async () => {
    const bytes = onnxFile({
      input: ["n", 5, 6, 2],
      nodes: [
        node("Pad", ["input", "pads"], "p"),
        node("Transpose", ["p"], "t", { perm: [0, 3, 1, 2] }),
        node("AveragePool", ["t"], "a", { kernel_shape: [2, 2] }),
        node("Transpose", ["a"], "u", { perm: [0, 2, 3, 1] }),
        node("ReduceMean", ["u"], "output", { axes: [1, 2], keepdims: 0 }),
      ],
      initializers: [ints("pads", [0, 1, 2, 0, 0, 0, 1, 0])],
    });
    const model = readOnnx(bytes);
    expect(model.inputShape).toEqual([2, 5, 6]);
    const images = randomTensor([2, 2, 5, 6], 99);
    expectSameInFloat32(modelForward(model, images).at(-1)!, await runOnnx(bytes, images));
  });
});

test("the batch size of the input, asked for behind other layers", async () => {
  const bytes = onnxFile({
    input: ["n", 2, 5, 6],
    nodes: [
      node("AveragePool", ["input"], "a", { kernel_shape: [2, 2] }),
      node("Shape", ["input"], "shape"),
      node("Gather", ["shape", "zero"], "size"),
      node("Unsqueeze", ["size", "axes"], "sizes"),
      node("Concat", ["sizes", "rest"], "target", { axis: 0 }),
      node("Reshape", ["a", "target"], "output"),
    ],
    initializers: [
      create(TensorProtoSchema, { name: "zero", dataType: DataType.INT64, int64Data: [0n] }),
      ints("axes", [0]),
      ints("rest", [-1]),
    ],
  });
  const model = await readAsOnnxruntime(bytes, [2, 5, 6]);
  expect(describeLayers(model)).toEqual(["averagePool pool1", "flatten flatten1"]);
});

describe("what a file may hold besides", () => {
  const weights = randomTensor([6, 4], 1);
  const matMul = (proto: TensorProto) =>
    readAsOnnxruntime(oneNode("MatMul", { constants: [proto], shape: [6], rank: 2 }), [6]);

  test("Identity and Dropout keep a place if they have a name; an Identity of a constant is that constant", async () => {
    const bytes = onnxFile({
      input: ["n", 6],
      nodes: [
        node("Identity", ["w"], "same"),
        node("Identity", ["input"], "i"),
        node("MatMul", ["i", "same"], "m", {}, "fc"),
        node("Dropout", ["m"], "d", {}, "drop"),
        node("Mul", ["d", "d"], "output", {}, "act"),
      ],
      initializers: [floats("w", weights)],
    });
    expect(describeLayers(await readAsOnnxruntime(bytes, [6]))).toEqual([
      "linear fc",
      "identity drop",
      "square act",
    ]);
  });

  test("weights in the float field", () => {
    const floatData = [...weights.data];
    return matMul(
      create(TensorProtoSchema, { name: "w", dims: [6n, 4n], dataType: DataType.FLOAT, floatData }),
    );
  });

  test("initializers that are listed as inputs, as old files do", async () => {
    const bytes = onnxFile({
      input: ["n", 6],
      nodes: [node("MatMul", ["input", "w"], "output")],
      initializers: [floats("w", weights)],
      moreInputs: { w: [6, 4] },
    });
    await readAsOnnxruntime(bytes, [6]);
  });

  test("double and float16 weights", () => {
    const values = [1, -0.5, 0, 65504, 2 ** -24, 1 / 3];
    const doubles = create(TensorProtoSchema, {
      name: "w",
      dims: [6n, 1n],
      dataType: DataType.DOUBLE,
      rawData: new Uint8Array(Float64Array.from(values).buffer),
    });
    const halves = create(TensorProtoSchema, {
      name: "w",
      dims: [6n, 1n],
      dataType: DataType.FLOAT16,
      rawData: new Uint8Array(Uint16Array.of(0x3c00, 0xb800, 0, 0x7bff, 1, 0x3555).buffer),
    });
    const read = (proto: TensorProto) =>
      readOnnx(oneNode("MatMul", { constants: [proto], shape: [6], rank: 2 })).layers[0];
    expect(read(doubles)).toMatchObject({ weights: tensor([1, 6], values) });
    expect(read(halves)).toMatchObject({ weights: tensor([1, 6], [...values.slice(0, 5), 0.333251953125]) });
  });

  test("bfloat16 weights, raw and in the typed field", () => {
    const bits = [0x3f80, 0xbf00, 0, 0x4049, 0x3eab, 0xc2c8];
    const values = [1, -0.5, 0, 3.140625, 0.333984375, -100];
    const base = { name: "w", dims: [6n, 1n], dataType: DataType.BFLOAT16 };
    for (const proto of [
      create(TensorProtoSchema, { ...base, rawData: new Uint8Array(Uint16Array.from(bits).buffer) }),
      create(TensorProtoSchema, { ...base, int32Data: bits }),
    ]) {
      const [layer] = readOnnx(oneNode("MatMul", { constants: [proto], shape: [6], rank: 2 })).layers;
      expect(layer).toMatchObject({ weights: tensor([1, 6], values) });
    }
  });

  test("nodes that the output does not need", async () => {
    const bytes = onnxFile({
      input: ["n", 6],
      nodes: [node("LSTM", ["input"], "unused"), node("Mul", ["input", "input"], "output")],
    });
    expect(describeLayers(encryptableModel(readOnnx(bytes)))).toEqual(["square square1"]);
  });

  test("a batch axis that is symbolic, fixed or unknown", () => {
    const file = (batch: number | string) =>
      onnxFile({ input: [batch, 6], nodes: [node("Mul", ["input", "input"], "output")] });
    for (const batch of ["batch", 8, 0]) expect(readOnnx(file(batch)).inputShape).toEqual([6]);
  });
});

describe("names", () => {
  const squares = (...names: string[]) => {
    const values = ["input", ...names.slice(1).map((_, i) => `v${i}`), "output"];
    const nodes = names.map((name, i) => node("Mul", [values[i], values[i]], values[i + 1], {}, name));
    return readOnnx(onnxFile({ input: ["n", 6], nodes, name: "squares" }));
  };
  const names = (model: Network) => model.layers.map(({ name }) => name);

  test("are the nodes', or the kind with a running number", () => {
    expect(names(squares("first", "", "square2", "first", "a\nb"))).toEqual([
      "first",
      "square3",
      "square2",
      "square4",
      "square5",
    ]);
  });

  test("of PyTorch's modules lose the operator", () => {
    expect(names(squares("/act/Mul", "/layer1/layer1.0/act/Mul_1", "/Mul", "/act/Other"))).toEqual([
      "act",
      "layer1.0.act",
      "square3",
      "/act/Other",
    ]);
  });

  test("of models are the graph's, unless one is given", () => {
    const bytes = onnxFile({
      input: ["n", 6],
      nodes: [node("Mul", ["input", "input"], "output")],
      name: "net",
    });
    expect(readOnnx(bytes).name).toBe("net");
    expect(readOnnx(bytes, { name: "mine" }).name).toBe("mine");
  });
});
