import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  FunctionProtoSchema,
  ModelProtoSchema,
  TensorProto_DataType as DataType,
  type ModelProto,
  type NodeProto,
} from "onnx-buf";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { writeOnnx } from "../../../src/he-ml/formats/onnx/write.js";
import { activationLayer } from "../../../src/he-ml/model/activation.js";
import { inspectNetwork } from "../../../src/he-ml/model/inspection.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { floats, node, onnxFile, randomTensor } from "./onnx-support.js";
import { kindsOf, networkAsOnnxruntime } from "./read-onnx.js";
import { refusal } from "./refuse-onnx.js";

const weights = floats("w", randomTensor([6, 6], 1));
const product = (input: string, output: string) => node("MatMul", [input, "w"], output);

function changed(bytes: Uint8Array, change: (model: ModelProto) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes);
  change(model);
  return toBinary(ModelProtoSchema, model);
}

const file = (nodes: NodeProto[], opset = 17) =>
  onnxFile({ input: ["n", 6], nodes, initializers: [weights], opset });

describe("a softmax at the end is left out, and said to be", () => {
  const logits = readOnnx(file([product("input", "output")]));
  const images = randomTensor([2, 6], 3);

  test.each<[string, NodeProto[]]>([
    ["Softmax", [node("Softmax", ["a"], "output", { axis: 1 }, "probabilities")]],
    ["Softmax along the last axis", [node("Softmax", ["a"], "output", { axis: -1 }, "probabilities")]],
    ["LogSoftmax", [node("LogSoftmax", ["a"], "output", {}, "probabilities")]],
    [
      "the logarithm of a Softmax",
      [node("Softmax", ["a"], "s", {}, "probabilities"), node("Log", ["s"], "output")],
    ],
  ])("%s", (_what, ending) => {
    const network = readOnnx(file([product("input", "a"), ...ending]));
    expect(kindsOf(network)).toBe("linear");
    expect(modelForward(network, images).at(-1)).toEqual(modelForward(logits, images).at(-1));
    const { notes } = inspectNetwork(network);
    expect(notes.at(-1)).toMatch(/oftmax "probabilities" at the end is left out: .* the logits/);
    expect(notes).toHaveLength(ending.length);
  });

  test("none is noted where there is none", () => {
    expect(logits.notes).toBeUndefined();
    expect(inspectNetwork(logits).notes).toEqual([]);
  });

  test("one in the middle stays refused", () => {
    const error = refusal(file([product("input", "a"), node("Softmax", ["a"], "s"), product("s", "output")]));
    expect(error).toMatchObject({ layers: [{ op: "Softmax", position: 1 }] });
  });

  test.each([0, -2])("one over the images of a batch, axis %p, is refused", (axis) => {
    const bytes = file([product("input", "a"), node("Softmax", ["a"], "output", { axis })]);
    expect(refusal(bytes).message).toContain("expected an axis behind the batch");
  });
});

describe("the order of nodes", () => {
  test("does not matter", async () => {
    const nodes = [node("Mul", ["b", "b"], "output"), node("Add", ["a", "a"], "b"), product("input", "a")];
    // onnxruntime refuses what is out of order.
    const network = readOnnx(file(nodes));
    const sorted = await networkAsOnnxruntime(file(nodes.toReversed()));
    expect(network.layers).toEqual(sorted.layers);
  });

  test("that goes in a circle is refused", () => {
    const nodes = [node("Add", ["input", "b"], "a"), node("Mul", ["a", "a"], "b"), product("b", "output")];
    expect(refusal(file(nodes)).message).toContain("which is computed of its own result");
  });

  test("of twenty thousand nodes is found without a deep stack", () => {
    const count = 20_000;
    const nodes = Array.from({ length: count }, (_, i) =>
      node("Identity", [i === 0 ? "input" : `v${i}`], i === count - 1 ? "output" : `v${i + 1}`),
    );
    expect(kindsOf(readOnnx(file(nodes.toReversed())))).toBe("identity");
  });
});

describe("functions of the file", () => {
  const call = (opType: string, input: string[], output: string, attributes = {}, name = "") => {
    const called = node(opType, input, output, attributes, name);
    called.domain = "my";
    return called;
  };
  const withFunctions = (
    nodes: NodeProto[],
    functions: [string, string[], string[], NodeProto[], string[]?][],
  ) =>
    changed(file(nodes), (model) => {
      model.opsetImport.push(
        ...fromBinary(ModelProtoSchema, file([])).opsetImport.map((o) => ({
          ...o,
          domain: "my",
          version: 1n,
        })),
      );
      model.functions = functions.map(([name, input, output, body, attribute = []]) =>
        create(FunctionProtoSchema, {
          domain: "my",
          name,
          input,
          output,
          node: body,
          attribute,
          opsetImport: [
            { domain: "", version: 17n },
            { domain: "my", version: 1n },
          ],
        }),
      );
    });

  test("are what their nodes compute, also one in another, twice, with names that meet", async () => {
    const network = await networkAsOnnxruntime(
      withFunctions(
        [product("input", "a"), call("Fourth", ["a"], "b"), call("Square", ["b"], "output")],
        [
          ["Square", ["a"], ["b"], [node("Mul", ["a", "a"], "b")]],
          ["Fourth", ["b"], ["a"], [call("Square", ["b"], "output"), call("Square", ["output"], "a")]],
        ],
      ),
    );
    expect(kindsOf(network)).toBe("linear square square square");
  });

  test("take attributes", async () => {
    const leaky = node("LeakyRelu", ["x"], "y");
    leaky.attribute.push(
      create(AttributeProtoSchema, { name: "alpha", type: AttributeType.FLOAT, refAttrName: "slope" }),
    );
    const network = await networkAsOnnxruntime(
      withFunctions(
        [call("Leaky", ["input"], "output", { slope: { float: 0.25 } })],
        [["Leaky", ["x"], ["y"], [leaky], ["slope"]]],
      ),
    );
    expect(network.layers).toMatchObject([{ function: "leakyRelu", alpha: 0.25 }]);
  });

  test("that call themselves are refused", () => {
    const bytes = withFunctions(
      [call("Loop", ["input"], "output")],
      [["Loop", ["x"], ["y"], [call("Loop", ["x"], "y")]]],
    );
    expect(refusal(bytes).message).toContain("functions call others more than 32 deep");
  });

  test("that grow beyond all measure are refused", () => {
    const many = Array.from({ length: 300 }, (_, i) => call("Next", ["x"], `y${i}`));
    const bytes = withFunctions(
      [call("Many", ["input"], "output")],
      [
        ["Many", ["x"], ["y0"], many],
        ["Next", ["x"], ["y0"], many.map((n) => ({ ...n, opType: "Many" }))],
      ],
    );
    expect(refusal(bytes).message).toContain("more than 65536 nodes");
  });
});

describe("activations of several nodes", () => {
  test.each(["silu", "hardswish"] as const)("%s is read back as it was written", async (f) => {
    const layers = [
      linearLayer({ name: "fc", weights: tensor([2, 2], [1, -2, 3, 0.5]) }),
      activationLayer({ name: "act", function: f }),
      linearLayer({ name: "fc2", weights: tensor([1, 2], [1, 1]) }),
    ];
    const network = await networkAsOnnxruntime(writeOnnx({ name: "net", inputShape: [2], layers }));
    expect(network.layers[1]).toEqual(layers[1]);
  });

  test("of PyTorch bear the module's name", () => {
    const network = readOnnx(
      file([
        node("Sigmoid", ["input"], "g", {}, "/features/features.1/Sigmoid"),
        node("Mul", ["input", "g"], "output", {}, "/features/features.1/Mul"),
      ]),
    );
    expect(network.layers).toMatchObject([{ name: "features.1", function: "silu" }]);
  });

  test.each<[string, NodeProto[], string]>([
    ["a clip", [node("Clip", ["input", "low", "high"], "output")], "polynomial activation polynomial"],
    ["a clip below", [node("Clip", ["input", "low"], "output")], "polynomial activation polynomial"],
    ["a clip above", [node("Clip", ["input", "", "high"], "output")], "polynomial activation polynomial"],
    ["the larger of zero and a value", [node("Max", ["zero", "input"], "output")], "activation"],
    ["a slope for all", [node("PRelu", ["input", "high"], "output")], "activation"],
    [
      "another SELU",
      [node("Selu", ["input"], "output", { alpha: { float: 2 }, gamma: { float: 3 } })],
      "activation polynomial",
    ],
    [
      "a zero of the same type",
      [node("CastLike", ["zero", "input"], "z"), node("Max", ["input", "z"], "output")],
      "activation",
    ],
  ])("%s", async (_what, nodes, kinds) => {
    const bytes = onnxFile({
      input: ["n", 6],
      nodes,
      initializers: [
        ["low", -1],
        ["high", 2.5],
        ["zero", 0],
      ].map(([name, value]) => floats(name as string, tensor([], [value as number]))),
      opset: 17,
    });
    expect(kindsOf(await networkAsOnnxruntime(bytes))).toBe(kinds);
  });

  test("a Relu behind a branch is a network that is no chain", () => {
    const nodes = [
      product("input", "a"),
      node("Relu", ["a"], "r", {}, "relu"),
      product("r", "b"),
      node("Add", ["a", "b"], "output", {}, "skip"),
    ];
    expect(refusal(file(nodes)).message).toContain(
      '"a" goes into Relu "relu" and again into Add "skip"; only models whose layers form one chain',
    );
  });
});

describe("files that say what they are", () => {
  test("classical machine learning", () => {
    const tree = node("TreeEnsembleRegressor", ["input"], "output");
    tree.domain = "ai.onnx.ml";
    expect(refusal(file([tree])).message).toContain(
      "expected a neural network, got classical machine learning (TreeEnsembleRegressor of ai.onnx.ml)",
    );
  });

  test("files without an opset", () => {
    const bytes = changed(file([product("input", "output")]), (model) => (model.opsetImport = []));
    expect(refusal(bytes).message).toMatch(
      /does not say which opset .* before ONNX 1.0 .*IR version 8.*version_converter/,
    );
  });

  test("inputs of integers", () => {
    const bytes = changed(file([product("input", "output")]), (model) => {
      const { value } = model.graph!.input[0].type!;
      if (value.case === "tensorType") value.value.elemType = DataType.INT64;
    });
    expect(refusal(bytes).message).toContain("expected an input of floats, got INT64");
  });

  test("a second output that is used", () => {
    const split = node("Split", ["input"], "a", { axis: 1 });
    split.output.push("b");
    expect(refusal(file([split, node("Add", ["a", "b"], "output")])).message).toContain(
      'Split "a": expected only its first output to be used, got "b" too',
    );
  });

  test.each<[string, NodeProto, string]>([
    [
      "an attribute",
      node("MatMul", ["input", "w"], "output", { alpha: 2 }),
      'its attribute "alpha" is not understood',
    ],
    [
      "an input",
      node("MatMul", ["input", "w", "w"], "output"),
      "its input 2 is not understood, expected at most 2",
    ],
  ])("%s that is not understood", (_what, made, message) => {
    expect(refusal(file([made])).message).toContain(`MatMul "output": ${message}`);
  });
});
