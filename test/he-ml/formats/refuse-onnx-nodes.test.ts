import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import {
  ModelProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProtoSchema,
  type TensorProto,
} from "onnx-buf";
import { InputError } from "../../../src/he-ml/errors.js";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { floats, ints, node, onnxFile, randomTensor, type AttributeValue } from "./onnx-support.js";
import { refusal, conv } from "./refuse-onnx.js";

const matrix = floats("m", randomTensor([36, 3], 2));

describe("nodes that mean something else", () => {
  const image: [number, number, number] = [2, 5, 5];
  const refused: [string, string, Record<string, AttributeValue>, TensorProto[], number[], string][] = [
    ["Pow by 1/2", "Pow", {}, [floats("e", tensor([], [0.5]))], image, "whole exponent of 1 to 63, got 0.5"],
    ["Pow by 2³¹", "Pow", {}, [ints("e", [2 ** 31])], image, "whole exponent of 1 to 63"],
    [
      "a factor for each of other columns",
      "Mul",
      {},
      [floats("e", randomTensor([4], 1))],
      image,
      "for each channel or value, got one of 4",
    ],
    [
      "a factor for each image",
      "Mul",
      {},
      [floats("e", randomTensor([3, 1, 1, 1], 1))],
      image,
      "got one of 3×1×1×1",
    ],
    ["a constant by the image", "Div", {}, [], image, "expected a constant as input 1, got none"],
    [
      "a mean over images",
      "ReduceMean",
      { axes: [0, 1] },
      [],
      image,
      "adds up images of the batch, got axes [0, 1]",
    ],
    [
      "a transposition of the batch",
      "Transpose",
      { perm: [1, 0, 2, 3] },
      [],
      image,
      "behind the batch, got [1, 0, 2, 3]",
    ],
    ["a transposition of all axes", "Transpose", {}, [], image, "behind the batch, got [3, 2, 1, 0]"],
    ["a squeeze of a long axis", "Squeeze", { axes: [2] }, [], image, "got axes [2] of 2×5×5"],
    ["a shape of its own", "Reshape", {}, [], image, "expected a constant as input 1"],
    ["Gemm with transA", "Gemm", { transA: 1 }, [matrix], [36], "expected transA 0"],
    [
      "Gemm with a bias for each image",
      "Gemm",
      {},
      [matrix, floats("b", randomTensor([2, 3], 1))],
      [36],
      "2×3",
    ],
    [
      "MatMul without flatten",
      "MatMul",
      {},
      [floats("e", randomTensor([50, 3], 1))],
      image,
      "flatten images",
    ],
    [
      "MatMul of four axes",
      "MatMul",
      {},
      [conv],
      image,
      "within each image of 2×5×5, got a constant of 4×2×3×3",
    ],
    ["Flatten along axis 2", "Flatten", { axis: 2 }, [], image, "expected axis 1"],
    ["Flatten along axis 0", "Flatten", { axis: 0 }, [], image, "expected axis 1"],
    ["Reshape of the batch to channels", "Reshape", {}, [ints("s", [1, -1, 5, 5])], image, "[1, -1, 5, 5]"],
    ["Reshape that swallows the batch", "Reshape", {}, [ints("s", [1, -1])], image, "[1, -1]"],
    ["Reshape to other features", "Reshape", {}, [ints("s", [-1, 25])], image, "[-1, 25]"],
    ["Reshape to a batch of 0", "Reshape", { allowzero: 1 }, [ints("s", [0, -1])], image, "[0, -1]"],
    [
      "Pad of another kind",
      "Pad",
      { mode: "mirror" },
      [ints("p", [0, 0, 1, 1, 0, 0, 1, 1])],
      image,
      '"mirror"',
    ],
    ["Pad of the batch", "Pad", {}, [ints("p", [1, 0, 0, 0, 0, 0, 0, 0])], image, "behind the batch"],
    ["Pad that crops all", "Pad", {}, [ints("p", [0, 0, -5, 0, 0, 0, 0, 0])], image, "at least one value"],
    ["a pool without kernel", "AveragePool", {}, [], image, "kernel_shape"],
    ["a pool in 3-d", "AveragePool", { kernel_shape: [2, 2, 2] }, [], image, "only 1-d and 2-d images"],
    ["an unknown auto_pad", "Conv", { auto_pad: "SOME" }, [conv], image, '"SOME"'],
    ["weights of another kernel", "Conv", { kernel_shape: [5, 5] }, [conv], image, "kernel 5×5"],
    ["the wrong channels", "Conv", {}, [conv], [3, 5, 5], "input has 3 channels, weights expect 2"],
    ["an attribute of another type", "Conv", { group: "two" }, [conv], image, "of type INT, got STRING"],
    ["a size beyond reason", "Conv", { pads: [0, 0, 2 ** 40, 0] }, [conv], image, "below 2^31"],
    ["NaN weights", "Conv", {}, [floats("w", tensor([1, 2, 1, 1], [1, NaN]))], image, "NaN"],
    [
      "a dropout that trains",
      "Dropout",
      {},
      [floats("r", tensor([], [0.5])), ints("t", [1])],
      image,
      "at random",
    ],
  ];

  test.each(refused)("%s", (_what, op, attributes, constants, inputShape, message) => {
    const inputs = ["input", ...constants.map(({ name }) => name)];
    const bytes = onnxFile({
      input: ["n", ...inputShape],
      nodes: [node(op, inputs, "output", attributes)],
      initializers: constants,
    });
    expect(refusal(bytes).message).toContain(message);
  });
});

describe("files that are damaged or incomplete", () => {
  const nodes = [
    node("Conv", ["input", "w"], "c", { strides: [1, 1], pads: [1, 1, 1, 1], auto_pad: "NOTSET" }, "conv1"),
    node("Constant", [], "two", { value: floats("", tensor([], [2])) }),
    node("Pow", ["c", "two"], "s", {}, "/act/Pow"),
    node("Pad", ["s", "pads"], "z", {}, "/pool/Pad"),
    node("AveragePool", ["z"], "p", { kernel_shape: [2, 2], strides: [2, 2] }, "/pool/AveragePool"),
    node("Reshape", ["p", "shape"], "f"),
    node("MatMul", ["f", "m"], "g"),
    node("Add", ["g", "b"], "output"),
  ];
  const bytes = onnxFile({
    input: ["n", 1, 6, 6],
    nodes,
    initializers: [
      floats("w", randomTensor([1, 1, 3, 3], 1)),
      ints("pads", [0, 0, 0, 0, 0, 0, 0, 0]),
      ints("shape", [-1, 9]),
      floats("m", randomTensor([9, 2], 2)),
      floats("b", randomTensor([2], 3)),
    ],
  });

  test("the file that the tests damage is sound", () => {
    expect(readOnnx(bytes).layers.map(({ kind }) => kind)).toEqual([
      "convolutional",
      "square",
      "averagePool",
      "flatten",
      "linear",
    ]);
  });

  test("no bytes", () => expect(refusal(new Uint8Array()).message).toContain("got no bytes"));

  test("any number of bytes cut off", () => {
    for (let length = 0; length < bytes.length; length++) refusal(bytes.subarray(0, length));
  });

  test("a text file", () => {
    refusal(new TextEncoder().encode("PK this is certainly no ONNX model\n"));
  });

  /** A generator of whole numbers below `limit` (a linear congruence), the same every time. */
  function generator(seed: number): (limit: number) => number {
    let state = seed;
    return (limit) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
  }

  test("random bytes", () => {
    const below = generator(1);
    for (let i = 0; i < 300; i++) refusal(Uint8Array.from({ length: 1 + below(300) }, () => below(256)));
  });

  test("a sound file with a few bytes changed either reads or is refused", () => {
    const below = generator(2);
    const outcomes = { read: 0, refused: 0 };
    for (let i = 0; i < 1000; i++) {
      const mutated = Uint8Array.from(bytes);
      for (let changes = 1 + below(3); changes > 0; changes--) mutated[below(bytes.length)] = below(256);
      try {
        readOnnx(mutated);
        outcomes.read++;
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        expect((error as InputError).message).toMatch(/^.+$/);
        outcomes.refused++;
      }
    }
    expect(outcomes.read).toBeGreaterThan(50);
    expect(outcomes.refused).toBeGreaterThan(50);
  });

  /** The sound file, decoded, changed and encoded again. */
  function changed(change: (graph: NonNullable<ReturnType<typeof decode>["graph"]>) => void): Uint8Array {
    const model = decode();
    change(model.graph!);
    return toBinary(ModelProtoSchema, model);
  }
  const decode = () => fromBinary(ModelProtoSchema, bytes);

  test("a weight tensor of another size than its shape says", () => {
    const error = refusal(changed((graph) => (graph.initializer[0].dims = [1n, 1n, 3n, 4n])));
    expect(error.message).toContain(
      'Conv "conv1" "w": its shape [1, 1, 3, 4] says 12 values, the file holds 9',
    );
  });

  test("weights of a type that is no number", () => {
    expect(refusal(changed((graph) => (graph.initializer[0].dataType = 8))).message).toContain("got STRING");
  });

  test("weights in another file, when only the bytes are given", () => {
    const external = create(TensorProtoSchema, {
      name: "w",
      dims: [1n, 1n, 3n, 3n],
      dataType: 1,
      dataLocation: DataLocation.EXTERNAL,
      externalData: [{ key: "location", value: "net.onnx.data" }],
    });
    const error = refusal(changed((graph) => (graph.initializer[0] = external)));
    expect(error.message).toContain('another file, "net.onnx.data"');
  });

  test("weights that are missing", () => {
    const error = refusal(changed((graph) => graph.initializer.shift()));
    expect(error.message).toContain('takes "w", which no node before it gives');
  });

  test("an input of unknown size", () => {
    const shape = ["n", 1, "height", "width"];
    const open = onnxFile({ input: shape, nodes: [node("Mul", ["input", "input"], "output")] });
    expect(refusal(open).message).toContain("got [?, 1, ?, ?]; only the batch axis may be left open");
  });

  test("an opset older than 7", () => {
    const old = onnxFile({ input: ["n", 6], nodes: [node("Mul", ["input", "input"], "output")], opset: 6 });
    expect(refusal(old).message).toContain("expected ONNX opset 7 or newer, got 6");
  });
});
