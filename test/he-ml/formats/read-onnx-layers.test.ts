import { describe, expect, test } from "@jest/globals";
import type { NodeProto, TensorProto } from "onnx-buf";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { runOnnx } from "../../../src/he-ml/node/onnx/run.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
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
import { readAsOnnxruntime, describeLayers, oneNode } from "./read-onnx.js";

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
