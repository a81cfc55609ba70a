import { describe, expect, test } from "@jest/globals";
import { TensorProto_DataType as DataType, type NodeProto, type TensorProto } from "onnx-buf";
import { tensor, type Shape } from "../../../src/he-ml/tensor/tensor.js";
import { floats, ints, node, onnxFile, randomTensor, type AttributeValue } from "./onnx-support.js";
import { kindsOf, networkAsOnnxruntime, oneNode } from "./read-onnx.js";
import { refusal } from "./refuse-onnx.js";

const conv = floats("w", randomTensor([3, 2, 3], 1));
const gemm = (size: number) => floats("g", randomTensor([3, size], 2));

describe("images of one dimension", () => {
  test("are one row high, and run through convolutions, pools and a linear layer", async () => {
    const network = await networkAsOnnxruntime(
      onnxFile({
        input: ["n", 2, 20],
        nodes: [
          node("Conv", ["input", "w", "b"], "c", {
            pads: [1, 2],
            strides: [2],
            dilations: [2],
            kernel_shape: [3],
          }),
          node("Mul", ["c", "c"], "s"),
          node("AveragePool", ["s"], "a", { kernel_shape: [2], pads: [1, 0] }),
          node("BatchNormalization", ["a", "b", "b", "b", "v"], "n"),
          node("Flatten", ["n"], "f"),
          node("Gemm", ["f", "g"], "output", { transB: 1 }),
        ],
        initializers: [
          conv,
          floats("b", randomTensor([3], 3)),
          floats("v", tensor([3], [1, 2, 0.5])),
          gemm(30),
        ],
      }),
    );
    expect(network.inputShape).toEqual([2, 1, 20]);
    expect(kindsOf(network)).toBe("convolutional square averagePool flatten linear");
  });

  test.each<[string, string, Record<string, AttributeValue>, TensorProto[]]>([
    ["a convolution", "Conv", { auto_pad: "SAME_UPPER", strides: [2] }, [conv]],
    [
      "a transposed convolution",
      "ConvTranspose",
      { strides: [2], output_padding: [1] },
      [floats("w", randomTensor([2, 3, 3], 1))],
    ],
    ["a max pool", "MaxPool", { kernel_shape: [3], strides: [2], ceil_mode: 1 }, []],
    ["a global pool", "GlobalAveragePool", {}, []],
    ["a mean", "ReduceMean", { axes: [2] }, []],
  ])("%s alone ends with the file's shape", async (_what, op, attributes, constants) => {
    await networkAsOnnxruntime(oneNode(op, { attributes, constants, shape: [2, 20], rank: 3 }));
  });
});

describe("features that become an image", () => {
  const file = (input: Shape, first: NodeProto, constants: TensorProto[] = []) =>
    onnxFile({
      input: ["n", ...input],
      nodes: [
        first,
        node("Conv", ["image", "k"], "c"),
        node("Mul", ["c", "c"], "s"),
        node("Reshape", ["s", "flat"], "f"),
        node("Gemm", ["f", "g"], "output", { transB: 1 }),
      ],
      initializers: [
        ...constants,
        floats("k", randomTensor([2, 1, 2, 2], 4)),
        ints("flat", [0, -1]),
        gemm(40),
      ],
    });

  test.each<[string, Uint8Array]>([
    ["Reshape", file([30], node("Reshape", ["input", "to"], "image"), [ints("to", [-1, 1, 5, 6])])],
    ["Unsqueeze", file([5, 6], node("Unsqueeze", ["input", "a"], "image"), [ints("a", [1])])],
    ["Unsqueeze from the end", file([5, 6], node("Unsqueeze", ["input", "a"], "image"), [ints("a", [-3])])],
    ["Reshape of rows", file([6, 5], node("Reshape", ["input", "to"], "image"), [ints("to", [0, 1, 5, 6])])],
  ])("by %s", async (_what, bytes) => {
    expect(kindsOf(await networkAsOnnxruntime(bytes))).toBe("unflatten convolutional square flatten linear");
  });

  test("whose channels are squeezed away and come back", async () => {
    const bytes = onnxFile({
      input: ["n", 1, 5, 6],
      nodes: [
        node("Squeeze", ["input", "one"], "s"),
        node("Unsqueeze", ["s", "one"], "u"),
        node("Conv", ["u", "k"], "c"),
        node("GlobalAveragePool", ["c"], "p"),
        node("Squeeze", ["p", "three"], "q"),
        node("Squeeze", ["q", "two"], "output"),
      ],
      initializers: [
        ints("one", [1]),
        ints("two", [-1]),
        ints("three", [3]),
        floats("k", randomTensor([2, 1, 2, 2], 4)),
      ],
    });
    expect(kindsOf(await networkAsOnnxruntime(bytes))).toBe("unflatten convolutional averagePool flatten");
  });

  test("with the channels last, which are one", () => {
    const bytes = onnxFile({
      input: ["n", 7, 8, 1],
      nodes: [node("Flatten", ["input"], "f"), node("Gemm", ["f", "g"], "output", { transB: 1 })],
      initializers: [gemm(56)],
    });
    return networkAsOnnxruntime(bytes).then(({ inputShape }) => expect(inputShape).toEqual([1, 7, 8]));
  });
});

describe("nodes that move values or add them up are linear layers", () => {
  const cases: [string, string, Record<string, AttributeValue>, TensorProto[], number][] = [
    ["an output with the channels last", "Transpose", { perm: [0, 2, 3, 1] }, [], 4],
    ["a mean over channels", "ReduceMean", { axes: [1], keepdims: 0 }, [], 3],
    ["a sum over columns", "ReduceSum", {}, [ints("a", [-1])], 4],
    [
      "a part of the columns, backwards",
      "Slice",
      {},
      [ints("s", [4]), ints("e", [0]), ints("a", [3]), ints("t", [-2])],
      4,
    ],
    ["some rows", "Gather", { axis: 2 }, [ints("i", [3, 0, 0])], 4],
    ["copies side by side", "Tile", {}, [ints("r", [1, 2, 1, 3])], 4],
    ["a product with a matrix", "MatMul", {}, [floats("m", randomTensor([6, 2], 3))], 4],
    ["products with a matrix for each channel", "MatMul", {}, [floats("m", randomTensor([2, 6, 3], 3))], 4],
    ["a border of ones", "Pad", {}, [ints("p", [0, 0, 1, 2, 0, 1, 0, 3]), floats("v", tensor([], [1]))], 4],
    ["a border that reflects", "Pad", { mode: "reflect" }, [ints("p", [0, 0, 2, 1, 0, 0, 1, 3])], 4],
    ["a border that repeats the edge", "Pad", { mode: "edge" }, [ints("p", [0, 1, 2, 1, 0, 0, 1, 3])], 4],
    ["a border that is cut off", "Pad", {}, [ints("p", [0, 0, -1, 0, 0, 0, 1, -2])], 4],
    ["factors for each column", "Mul", {}, [floats("f", randomTensor([6], 4))], 4],
    ["offsets for each pixel", "Add", {}, [floats("f", randomTensor([1, 2, 5, 6], 4))], 4],
  ];

  test.each(cases)("%s", async (_what, op, attributes, constants, rank) => {
    const network = await networkAsOnnxruntime(oneNode(op, { attributes, constants, rank }));
    expect(kindsOf(network)).toMatch(/^flatten linear( unflatten)?$/);
  });

  test("factors for each pixel go into the linear layer behind them", async () => {
    const bytes = onnxFile({
      input: ["n", 1, 5, 6],
      nodes: [
        node("Sub", ["input", "mean"], "a"),
        node("Div", ["a", "deviation"], "b"),
        node("Flatten", ["b"], "f"),
        node("Gemm", ["f", "g"], "output", { transB: 1 }),
      ],
      initializers: [
        floats("mean", randomTensor([1, 1, 5, 6], 4)),
        floats(
          "deviation",
          tensor(
            [5, 6],
            Array.from({ length: 30 }, (_, i) => 1 + i),
          ),
        ),
        gemm(30),
      ],
    });
    expect(kindsOf(await networkAsOnnxruntime(bytes))).toBe("flatten linear");
  });

  test("offsets for each channel stay before a convolution that pads", async () => {
    const bytes = onnxFile({
      input: ["n", 2, 5, 6],
      nodes: [
        node("Sub", ["input", "mean"], "a"),
        node("Conv", ["a", "k"], "output", { pads: [1, 1, 1, 1] }),
      ],
      initializers: [
        floats("mean", tensor([2, 1, 1], [0.5, -2])),
        floats("k", randomTensor([3, 2, 3, 3], 4)),
      ],
      outputRank: 4,
    });
    expect(kindsOf(await networkAsOnnxruntime(bytes))).toBe("convolutional convolutional");
  });
});

describe("pools", () => {
  const pool = (op: string, attributes: Record<string, AttributeValue>, opset = 19) =>
    networkAsOnnxruntime(oneNode(op, { attributes, opset }));

  test.each([
    ["AveragePool", { kernel_shape: [2, 4], strides: [2, 4], ceil_mode: 1 }],
    [
      "AveragePool",
      { kernel_shape: [2, 4], strides: [2, 4], ceil_mode: 1, count_include_pad: 1, pads: [1, 1, 0, 2] },
    ],
    ["AveragePool", { kernel_shape: [2, 3], dilations: [2, 2] }],
    ["AveragePool", { kernel_shape: [3, 3], pads: [2, 2, 2, 2] }],
    ["MaxPool", { kernel_shape: [2, 4], strides: [2, 4], ceil_mode: 1 }],
    ["GlobalMaxPool", {}],
  ])("%s %p", async (op, attributes) => {
    await pool(op, attributes);
  });
});

describe("what would treat images of a batch differently is refused", () => {
  test.each<[string, string, Record<string, AttributeValue>, TensorProto[], string]>([
    ["a squeeze of the batch", "Squeeze", {}, [ints("a", [0])], "changes the batch axis"],
    ["a squeeze of all", "Squeeze", {}, [], "changes the batch axis"],
    ["an axis before the batch", "Unsqueeze", {}, [ints("a", [0])], "changes the batch axis"],
    ["the first two images", "Slice", {}, [ints("s", [0]), ints("e", [2])], "changes the batch axis"],
    ["the first image", "Gather", { axis: 0 }, [ints("i", [0])], "changes the batch axis"],
    ["each image twice", "Tile", {}, [ints("r", [2, 1, 1, 1])], "changes the batch axis"],
    [
      "a matrix for each image",
      "MatMul",
      {},
      [floats("m", randomTensor([3, 1, 6, 2], 3))],
      "within each image",
    ],
  ])("%s", (_what, op, attributes, constants, message) => {
    expect(refusal(oneNode(op, { attributes, constants })).message).toContain(message);
  });

  test("a batch of one that is squeezed away", () => {
    const bytes = onnxFile({
      input: [1, 3, 2, 2],
      nodes: [
        node("Squeeze", ["input", "zero"], "s"),
        node("GlobalAveragePool", ["s"], "p"),
        node("Flatten", ["p"], "output"),
      ],
      initializers: [ints("zero", [0])],
    });
    expect(refusal(bytes).message).toContain('Squeeze "s": changes the batch axis');
  });
});

describe("casts of values", () => {
  const cast = (to: DataType) =>
    onnxFile({
      input: ["n", 6],
      nodes: [node("Cast", ["input"], "c", { to }), node("Gemm", ["c", "g"], "output", { transB: 1 })],
      initializers: [gemm(6)],
    });

  test.each([DataType.INT32, DataType.INT64, DataType.UINT8, DataType.BOOL])(
    "to type %p are refused",
    (to) => {
      expect(refusal(cast(to)).message).toContain(
        `Cast "c": casts values to ${DataType[to]}, which cannot be done`,
      );
    },
  );

  test("from float to float are nothing", async () => {
    expect(kindsOf(await networkAsOnnxruntime(cast(DataType.FLOAT)))).toBe("linear");
  });
});
