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
import { modelForward, type Model, type Network } from "../../../src/he-ml/model/model.js";
import { encryptableModel } from "../../../src/he-ml/model/unsupported-layers.js";
import { tensor, type Shape } from "../../../src/he-ml/tensor/tensor.js";
import {
  expectSameInFloat32,
  floats,
  ints,
  node,
  onnxFile,
  randomTensor,
  type AttributeValue,
} from "./onnx-support.js";

/** Reads the file and checks our plain forward against onnxruntime on those very bytes. */
async function readAsOnnxruntime(bytes: Uint8Array, inputShape: Shape, count = 2): Promise<Model> {
  const model = encryptableModel(readOnnx(bytes));
  const batch = randomTensor([count, ...inputShape], 99);
  expectSameInFloat32(modelForward(model, batch).at(-1)!, await runOnnx(bytes, batch));
  return model;
}

const describeLayers = (model: Model) => model.layers.map(({ kind, name }) => `${kind} ${name}`);

/** A file of a single node on images 2×5×6, or on 6 features. */
function oneNode(
  op: string,
  {
    attributes = {},
    constants = [],
    shape = [2, 5, 6],
    rank = 4,
    opset = 13,
  }: {
    attributes?: Record<string, AttributeValue>;
    constants?: TensorProto[];
    shape?: Shape;
    rank?: number;
    opset?: number;
  },
): Uint8Array {
  const inputs = ["input", ...constants.map(({ name }) => name)];
  return onnxFile({
    input: ["n", ...shape],
    nodes: [node(op, inputs, "output", attributes)],
    initializers: constants.filter(({ name }) => name !== ""),
    outputRank: rank,
    opset,
  });
}

describe("square", () => {
  const square = async (nodes: NodeProto[], initializers: TensorProto[] = []) => {
    const model = await readAsOnnxruntime(onnxFile({ input: ["n", 6], nodes, initializers }), [6]);
    expect(describeLayers(model)).toEqual(["square square1"]);
  };

  test("Mul of a value by itself", () => square([node("Mul", ["input", "input"], "output")]));

  test("Pow with an initializer", () =>
    square([node("Pow", ["input", "two"], "output")], [floats("two", tensor([], [2]))]));

  test("Pow with an int64 initializer", () =>
    square([node("Pow", ["input", "two"], "output")], [ints("two", [2])]));

  test("Pow with a Constant node", () =>
    square([
      node("Constant", [], "two", { value: floats("", tensor([], [2])) }),
      node("Pow", ["input", "two"], "output"),
    ]));

  test("Pow with a Constant node that holds a number", () =>
    square([
      node("Constant", [], "two", { value_float: { float: 2 } }),
      node("Pow", ["input", "two"], "output"),
    ]));
});

describe("linear", () => {
  const weights = randomTensor([6, 4], 1);
  const bias = randomTensor([4], 2);
  const gemm = (attributes: Record<string, AttributeValue>, constants: TensorProto[]) =>
    readAsOnnxruntime(oneNode("Gemm", { attributes, constants, shape: [6], rank: 2 }), [6]);

  test("Gemm with transB 0, alpha and beta", async () => {
    const attributes = { transB: 0, alpha: { float: 0.5 }, beta: { float: -3 } };
    const model = await gemm(attributes, [floats("w", weights), floats("b", bias)]);
    expect(describeLayers(model)).toEqual(["linear fc1"]);
  });

  test("Gemm with transB 1, without bias", () => gemm({ transB: 1 }, [floats("w", randomTensor([4, 6], 1))]));

  test.each<[string, Shape]>([
    ["one value", []],
    ["one value in an axis", [1]],
    ["a row", [1, 4]],
    ["one value in two axes", [1, 1]],
  ])("Gemm with a bias of %s", (_what, shape) =>
    gemm({}, [floats("w", weights), floats("b", randomTensor(shape, 3))]),
  );

  test.each([
    ["behind", ["product", "b"]],
    ["in front", ["b", "product"]],
  ])("MatMul and Add make one layer, the bias %s", async (_where, addends) => {
    const bytes = onnxFile({
      input: ["n", 6],
      nodes: [node("MatMul", ["input", "w"], "product"), node("Add", addends, "output", {}, "plus")],
      initializers: [floats("w", weights), floats("b", bias)],
    });
    expect(describeLayers(await readAsOnnxruntime(bytes, [6]))).toEqual(["linear fc1"]);
  });

  test("MatMul alone", () =>
    readAsOnnxruntime(oneNode("MatMul", { constants: [floats("w", weights)], shape: [6], rank: 2 }), [6]));
});

describe("convolution", () => {
  const weights = randomTensor([4, 2, 3, 2], 1);
  const conv = (attributes: Record<string, AttributeValue>, shape: Shape = [2, 5, 6]) =>
    readAsOnnxruntime(oneNode("Conv", { attributes, constants: [floats("w", weights)], shape }), shape);

  test("with ONNX's defaults", () => conv({}));

  test("with asymmetric pads, strides and dilations", () =>
    conv({ pads: [1, 0, 2, 3], strides: [2, 1], dilations: [1, 2], kernel_shape: [3, 2] }));

  for (const autoPad of ["SAME_UPPER", "SAME_LOWER", "VALID"]) {
    test.each<[Shape, number[]]>([
      [
        [2, 5, 6],
        [1, 1],
      ],
      [
        [2, 5, 6],
        [2, 2],
      ],
      [
        [2, 7, 9],
        [3, 2],
      ],
    ])(`with auto_pad ${autoPad} on %p, strides %p`, (shape, strides) =>
      conv({ auto_pad: autoPad, strides }, shape),
    );
  }

  test("with a bias that an Add node gives", async () => {
    const bytes = onnxFile({
      input: ["n", 2, 5, 6],
      nodes: [node("Conv", ["input", "w"], "c"), node("Add", ["c", "b"], "output")],
      initializers: [floats("w", weights), floats("b", randomTensor([1, 4, 1, 1], 2))],
      outputRank: 4,
    });
    expect(describeLayers(await readAsOnnxruntime(bytes, [2, 5, 6]))).toEqual(["convolutional conv1"]);
  });
});

describe("average pool", () => {
  const pool = (attributes: Record<string, AttributeValue>) =>
    readAsOnnxruntime(oneNode("AveragePool", { attributes }), [2, 5, 6]);

  test("ONNX leaves padding out of the mean unless told otherwise", async () => {
    const without = await pool({ kernel_shape: [3, 2], pads: [1, 0, 1, 1] });
    expect(without.layers[0]).toMatchObject({ countIncludePad: false, stride: [1, 1] });
    const counted = await pool({ kernel_shape: [3, 2], pads: [1, 0, 1, 1], count_include_pad: 1 });
    expect(counted.layers[0]).toMatchObject({ countIncludePad: true });
  });

  test("ceil_mode where it makes no difference", () =>
    pool({ kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 }));

  test.each(["SAME_UPPER", "SAME_LOWER"])("auto_pad %s", (autoPad) =>
    pool({ kernel_shape: [3, 2], strides: [2, 2], auto_pad: autoPad }),
  );

  test("GlobalAveragePool", () => readAsOnnxruntime(oneNode("GlobalAveragePool", {}), [2, 5, 6]));

  const torchPool = (pads: number[], padName: string, poolPads = [0, 0, 0, 0]) =>
    onnxFile({
      input: ["n", 2, 5, 6],
      nodes: [
        node("Pad", ["input", "pads"], "padded", {}, padName),
        node(
          "AveragePool",
          ["padded"],
          "output",
          { kernel_shape: [3, 2], pads: poolPads },
          "/pool/AveragePool",
        ),
      ],
      initializers: [ints("pads", pads)],
      outputRank: 4,
    });

  test("PyTorch's Pad before a pool that pads by itself stays a layer", async () => {
    const bytes = torchPool([0, 0, 1, 1, 0, 0, 1, 1], "/pool/Pad", [0, 1, 1, 0]);
    expect((await readAsOnnxruntime(bytes, [2, 5, 6])).layers).toHaveLength(2);
  });

  test.each([
    ["of one module are one layer", [0, 0, 1, 1, 0, 0, 1, 1], "/pool/Pad", ["averagePool pool"]],
    ["are one layer without padding", [0, 0, 0, 0, 0, 0, 0, 0], "/pool/Pad", ["averagePool pool"]],
    ["of two modules are two", [0, 0, 1, 1, 0, 0, 1, 1], "/a/Pad", ["padding a", "averagePool pool"]],
    [
      "are two beyond half the kernel",
      [0, 0, 4, 2, 0, 0, 1, 1],
      "/pool/Pad",
      ["padding pool", "averagePool pool1"],
    ],
  ])("PyTorch's Pad and AveragePool %s", async (_what, pads, padName, layers) => {
    const model = await readAsOnnxruntime(torchPool(pads, padName), [2, 5, 6]);
    expect(describeLayers(model)).toEqual(layers);
  });
});

describe("layers that run on plain values only", () => {
  const zero = floats("zero", tensor([], [0]));
  const six = floats("six", tensor([], [6]));
  const window = { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1], dilations: [1, 2] };

  test.each<[string, string, Record<string, AttributeValue>, TensorProto[]]>([
    ["relu", "Relu", {}, []],
    ["relu6", "Clip", {}, [zero, six]],
    ["leakyRelu", "LeakyRelu", { alpha: { float: 0.125 } }, []],
    ["elu", "Elu", { alpha: { float: 0.5 } }, []],
    ["selu", "Selu", {}, []],
    ["softplus", "Softplus", {}, []],
    ["sigmoid", "Sigmoid", {}, []],
    ["tanh", "Tanh", {}, []],
    ["maxPool", "MaxPool", window, []],
  ])("%s", async (kind, op, attributes, constants) => {
    const bytes = oneNode(op, { attributes, constants });
    const network = readOnnx(bytes);
    const [layer] = network.layers;
    expect(layer.kind === "activation" ? layer.function : layer.kind).toBe(kind);
    const batch = randomTensor([2, 2, 5, 6], 99);
    const stretched = tensor(
      batch.shape,
      batch.data.map((value) => value * 8),
    );
    expectSameInFloat32(modelForward(network, stretched).at(-1)!, await runOnnx(bytes, stretched));
  });
});

describe("padding", () => {
  test("opset 13, with a value of 0", () => {
    const constants = [ints("pads", [0, 0, 1, 2, 0, 0, 3, 0]), floats("zero", tensor([], [0]))];
    return readAsOnnxruntime(oneNode("Pad", { constants }), [2, 5, 6]);
  });

  test("opset 18, by axes counted from the end", () => {
    const constants = [ints("pads", [1, 2, 3, 0]), floats("zero", tensor([], [0])), ints("axes", [-2, -1])];
    return readAsOnnxruntime(oneNode("Pad", { constants, opset: 18 }), [2, 5, 6]);
  });

  test("opset 10, by an attribute", () =>
    readAsOnnxruntime(
      oneNode("Pad", { attributes: { pads: [0, 0, 1, 2, 0, 0, 3, 0] }, opset: 10 }),
      [2, 5, 6],
    ));
});

describe("flatten", () => {
  test.each([1, -3])("Flatten along axis %p", (axis) =>
    readAsOnnxruntime(oneNode("Flatten", { attributes: { axis }, rank: 2 }), [2, 5, 6]),
  );

  const reshape = (target: number[], batch: number | string, count: number) => {
    const bytes = onnxFile({
      input: [batch, 2, 5, 6],
      nodes: [node("Reshape", ["input", "shape"], "output")],
      initializers: [ints("shape", target)],
    });
    return readAsOnnxruntime(bytes, [2, 5, 6], count);
  };

  test.each([[[0, -1]], [[-1, 60]], [[0, 60]]])("Reshape to %p", async (target) => {
    expect(describeLayers(await reshape(target, "n", 2))).toEqual(["flatten flatten1"]);
  });

  test.each([[[1, -1]], [[1, 60]]])("Reshape to %p where the batch is 1, image by image", (target) =>
    reshape(target, 1, 3),
  );
});

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
    expect(describeLayers(model)).toEqual([
      "square square1",
      "flatten flatten1",
      "linear scale1",
      "linear fc1",
    ]);
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
