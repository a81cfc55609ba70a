import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import {
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  type NodeProto,
  type TensorProto,
} from "onnx-buf";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { floats, ints, node, onnxFile, randomTensor } from "./onnx-support.js";
import { networkAsOnnxruntime } from "./read-onnx.js";
import { refusal } from "./refuse-onnx.js";

const numbers = (name: string, dataType: DataType, values: number[], dims = [values.length]): TensorProto =>
  create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType, int32Data: values });

/** A file that multiplies 4 features by what nodes make of constants, and casts to float. */
function fileOf(nodes: NodeProto[], constants: TensorProto[], opset = 17): Uint8Array {
  return onnxFile({
    input: ["n", 4],
    nodes: [
      ...nodes,
      node("Cast", ["made"], "weights", { to: DataType.FLOAT }),
      node("MatMul", ["input", "weights"], "output"),
    ],
    initializers: constants,
    opset,
  });
}

const weights = floats("w", tensor([4, 3], [1.7, -1.7, 2.5, -2.5, 0.4, -0.4, 9.99, -9.99, 3, 0, 7.5, 1e-9]));

describe("constants are computed as onnxruntime computes them", () => {
  test.each<[string, NodeProto[], TensorProto[]]>([
    ["a cast to int32 truncates", [node("Cast", ["w"], "made", { to: DataType.INT32 })], [weights]],
    ["a cast to int64 truncates", [node("Cast", ["w"], "made", { to: DataType.INT64 })], [weights]],
    [
      "a cast to bool is whether it is not zero",
      [node("Cast", ["w"], "made", { to: DataType.BOOL })],
      [weights],
    ],
    [
      "a cast between integers wraps",
      [node("Cast", ["i"], "made", { to: DataType.INT8 })],
      [numbers("i", DataType.INT32, [200, -200, 128, 127, 1, 2, 3, 4, 5, 6, 7, 1000], [4, 3])],
    ],
    [
      "a cast to float16 rounds",
      [node("Cast", ["w"], "made", { to: DataType.FLOAT16 })],
      [floats("w", randomTensor([4, 3], 5))],
    ],
    [
      "integers divide without fractions, to zero",
      [node("Div", ["i", "d"], "made")],
      [
        numbers("i", DataType.INT32, [7, -7, 7, -7, 1, -1, 9, 8, 6, 5, 0, 11], [4, 3]),
        numbers("d", DataType.INT32, [2, 2, -2]),
      ],
    ],
    [
      "sums of int32 wrap",
      [node("Add", ["i", "i"], "made")],
      [
        numbers(
          "i",
          DataType.INT32,
          [2 ** 30, -(2 ** 31), 2 ** 31 - 1, 4, 5, 6, 7, 8, 9, 10, 11, 12],
          [4, 3],
        ),
      ],
    ],
    [
      "products are rounded to float32",
      [node("Mul", ["w", "x"], "p"), node("Sub", ["p", "w"], "made")],
      [floats("w", randomTensor([4, 3], 6)), floats("x", tensor([1], [1.0000001192092896]))],
    ],
    [
      "constants broadcast",
      [node("Add", ["a", "b"], "made")],
      [floats("a", randomTensor([4, 1], 1)), floats("b", randomTensor([1, 3], 2))],
    ],
    [
      "shapes, ranges, comparisons and choices",
      [
        node("Range", ["zero", "twelve", "one"], "r"),
        node("Reshape", ["r", "shape"], "m"),
        node("Equal", ["m", "one"], "e"),
        node("Where", ["e", "nine", "m"], "made"),
      ],
      [
        ...[0, 1, 9, 12].map((value, i) =>
          create(TensorProtoSchema, {
            name: ["zero", "one", "nine", "twelve"][i],
            dataType: DataType.INT64,
            int64Data: [BigInt(value)],
          }),
        ),
        ints("shape", [4, 3]),
      ],
    ],
    [
      "slices along two axes, backwards, and what is put together again",
      [node("Slice", ["w", "s", "e", "a", "t"], "p"), node("Concat", ["p", "p"], "made", { axis: 0 })],
      [weights, ints("s", [-1, 0]), ints("e", [-100, 3]), ints("a", [0, 1]), ints("t", [-2, 1])],
    ],
  ])("%s", async (_what, nodes, constants) => {
    await networkAsOnnxruntime(fileOf(nodes, constants));
  });

  test.each([
    ["for all", [0.5], [], [3], []],
    ["for each column", [0.5, 0.25, 2], [3], [3, -4, 100], [3]],
    ["for each row", [0.5, 0.25, 2, 1], [4], [3, -4, 100, 0], [4], 0],
  ])(
    "weights of 8 bits, with a scale %s",
    async (_what, scales, scaleShape, points, pointShape, axis = 1) => {
      const bytes = [-128, -1, 0, 1, 2, 3, 127, 5, 6, 7, 8, 9];
      const file = fileOf(
        [node("DequantizeLinear", ["q", "s", "z"], "made", { axis })],
        [
          numbers("q", DataType.INT8, bytes, [4, 3]),
          floats("s", tensor(scaleShape, scales)),
          numbers("z", DataType.INT8, points, pointShape),
        ],
      );
      await networkAsOnnxruntime(file);
    },
  );
});

describe("constants that would not be what ONNX says are refused", () => {
  test.each<[string, NodeProto[], TensorProto[], string]>([
    [
      "a float beyond the integers",
      [node("Cast", ["w"], "made", { to: DataType.INT8 })],
      [floats("w", tensor([1], [1e9]))],
      "casts 1000000000 to i8, which cannot hold it",
    ],
    [
      "a division by zero",
      [node("Div", ["i", "i"], "made")],
      [ints("i", [0])],
      "expected a whole divisor other than 0",
    ],
    [
      "an integer of more than 53 bits",
      [node("Mul", ["i", "i"], "made")],
      [ints("i", [2 ** 40])],
      "beyond 2^53",
    ],
    [
      "two types",
      [node("Add", ["i", "w"], "made")],
      [ints("i", [1]), floats("w", tensor([1], [1]))],
      "one type, got i64 and f32",
    ],
    ["a cast to text", [node("Cast", ["w"], "made", { to: DataType.STRING })], [weights], "got STRING"],
    [
      "an attribute that is not understood",
      [node("Add", ["w", "w"], "made", { axis: 1 })],
      [weights],
      'its attribute "axis" is not understood',
    ],
    [
      "an input too many",
      [node("Div", ["w", "w", "w"], "made")],
      [weights],
      "its input 2 is not understood, expected at most 2",
    ],
    [
      "scales for blocks",
      [node("DequantizeLinear", ["q", "s"], "made", { block_size: 2 })],
      [numbers("q", DataType.INT8, [1, 2], [2]), floats("s", tensor([1], [1]))],
      "each slice along one axis",
    ],
    [
      "a constant of no size that could be",
      [node("ConstantOfShape", ["s"], "made")],
      [ints("s", [70000, 70000])],
      "makes a constant of 70000×70000, expected at most 8 axes and 8388608 values; leave it out",
    ],
  ])("%s", (_what, nodes, constants, message) => {
    expect(refusal(fileOf(nodes, constants)).message).toContain(message);
  });

  test("operators of other domains", () => {
    const other = node("Add", ["w", "w"], "made");
    other.domain = "com.example";
    expect(refusal(fileOf([other], [weights])).message).toContain(
      "com.example.Add, which is none of ONNX's own",
    );
    const quant = node("Quant", ["w", "w", "w", "w"], "made");
    quant.domain = "onnx.brevitas";
    expect(refusal(fileOf([quant], [weights])).message).toContain(
      "it rounds values to a few bits (brevitas, QONNX)",
    );
  });

  test("what depends on the size of an open batch", () => {
    const file = onnxFile({
      input: ["n", 4],
      nodes: [
        node("Shape", ["input"], "shape"),
        node("Equal", ["shape", "four"], "e"),
        node("Cast", ["e"], "f", { to: DataType.FLOAT }),
        node("Mul", ["input", "f"], "output"),
      ],
      initializers: [ints("four", [4])],
    });
    expect(refusal(file).message).toContain("depends on how many images there are");
  });
});
