import { describe, expect, test } from "@jest/globals";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { runOnnx } from "../../../src/he-ml/node/onnx/run.js";
import { writeOnnx } from "../../../src/he-ml/formats/onnx/write.js";
import { readTorch } from "../../../src/he-ml/formats/torch/read.js";
import { activationLayer, type ActivationFunction } from "../../../src/he-ml/model/activation.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { maxPoolLayer } from "../../../src/he-ml/model/max-pool.js";
import { defineModel, layerForward, modelForward } from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { encryptableModel, UnsupportedLayersError } from "../../../src/he-ml/model/unsupported-layers.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { makeHeFriendly } from "../../../src/train/he-friendly/make-he-friendly.js";
import { oneNode } from "../formats/read-onnx.js";
import * as p from "../formats/torch/pickles.js";
import { torchZip } from "../formats/torch/zip.js";
import { maxAbsDifference, randomTensor, thrownBy } from "../support.js";

const inputs = tensor([1, 6], [-2, -0.5, 0, 0.5, 3, 8]);

// What torch 2.13 gives for these inputs in float64; Hardswish's are x · min(max(x + 3, 0), 6) / 6 by hand.
test.each<[ActivationFunction, number[]]>([
  ["relu", [0, 0, 0, 0.5, 3, 8]],
  ["relu6", [0, 0, 0, 0.5, 3, 6]],
  ["leakyRelu", [-0.02, -0.005, 0, 0.5, 3, 8]],
  ["elu", [-0.864664717, -0.39346934, 0, 0.5, 3, 8]],
  ["selu", [-1.520166469, -0.691758188, 0, 0.525350494, 3.152102962, 8.405607899]],
  ["silu", [-0.238405844, -0.188770334, 0, 0.311229666, 2.85772238, 7.997317199]],
  ["hardswish", [-0.333333333333, -0.208333333333, 0, 0.291666666667, 3, 8]],
  ["softplus", [0.126928011, 0.474076984, 0.693147181, 0.974076984, 3.048587352, 8.000335406]],
  ["sigmoid", [0.119202922, 0.377540669, 0.5, 0.622459331, 0.952574127, 0.99966465]],
  ["tanh", [-0.96402758, -0.462117157, 0, 0.462117157, 0.995054754, 0.999999775]],
])("%s is PyTorch's", (f, expected) => {
  const output = layerForward(activationLayer({ function: f }), inputs);
  expect(maxAbsDifference(output.data, expected)).toBeLessThan(1e-9);
});

test("the slope of a leaky ReLU and the dip of an ELU can be given", () => {
  const at = (f: ActivationFunction, alpha: number) =>
    layerForward(activationLayer({ function: f, alpha }), tensor([1, 1], [-2])).data[0];
  expect(at("leakyRelu", 0.2)).toBeCloseTo(-0.4, 12);
  expect(at("elu", 0.5)).toBeCloseTo(0.5 * (Math.exp(-2) - 1), 12);
  expect(at("celu", 1)).toBe(at("elu", 1));
  expect(at("celu", 0.5)).toBeCloseTo(0.5 * (Math.exp(-4) - 1), 12);
});

describe("a CELU", () => {
  const network = defineModel({
    name: "celu",
    inputShape: [3],
    layers: [
      linearLayer({ name: "fc1", weights: randomTensor([4, 3], 1) }),
      activationLayer({ name: "act1", function: "celu", alpha: 0.5 }),
      linearLayer({ name: "fc2", weights: randomTensor([2, 4], 2) }),
    ],
  });
  const rows = randomTensor([20, 3], 3);

  test("of a pickled network keeps its alpha", async () => {
    const half = p.sequence("G", 0x3f, 0xe0, 0, 0, 0, 0, 0, 0);
    const module = p.torchModule("activation", "CELU", ["alpha", half], ["inplace", p.sequence(0x89)]);
    const { layers } = await readTorch(torchZip(p.pickle(p.sequential(module))), {
      name: "net",
      inputShape: [3],
    });
    expect(layers).toEqual([activationLayer({ name: "0", function: "celu", alpha: 0.5 })]);
  });

  test("is ONNX's Celu, to onnxruntime too", async () => {
    const bytes = writeOnnx(network);
    const expected = modelForward(network, rows).at(-1)!.data;
    expect(maxAbsDifference((await runOnnx(bytes, rows)).data, expected)).toBeLessThan(1e-6);
    expect(readOnnx(bytes).layers[1]).toEqual(network.layers[1]);
  });

  test("is refused with a remedy, and replaced", () => {
    const remedy = /layer 1 "act1" \(celu\): put a square/;
    expect(() => encryptableModel(network)).toThrow(remedy);
    const model = makeHeFriendly(network, rows, "square");
    expect(encryptableModel(model).layers.map(({ kind }) => kind)).toEqual(["linear", "square", "linear"]);
  });

  test("that would divide by zero is none", () => {
    expect(() => activationLayer({ name: "act1", function: "celu", alpha: 0 })).toThrow(
      'activation "act1": expected an alpha other than 0 for celu, got 0; use relu',
    );
  });
});

describe("a Hardswish", () => {
  const layer = activationLayer({ name: "0", function: "hardswish" });

  test("is 0 up to -3, and the value itself from 3 on", () => {
    const { data } = layerForward(layer, tensor([1, 6], [-100, -3.5, -3, -1.5, 3.5, 100]));
    expect(maxAbsDifference(data, [0, 0, 0, -0.375, 3.5, 100])).toBeLessThan(1e-12);
  });

  test("of a pickled network is read", async () => {
    const module = p.torchModule("activation", "Hardswish", ["inplace", p.sequence(0x89)]);
    const bytes = torchZip(p.pickle(p.sequential(module)));
    const { layers } = await readTorch(bytes, { name: "net", inputShape: [3] });
    expect(layers).toEqual([layer]);
  });

  test("is ONNX's HardSwish of opset 14", async () => {
    const bytes = oneNode("HardSwish", { opset: 14, shape: [6], rank: 2 });
    const network = readOnnx(bytes);
    expect(network.layers).toMatchObject([{ kind: "activation", function: "hardswish" }]);
    const values = tensor([1, 6], [-5, -3, -1, 0.5, 3, 7]);
    const expected = modelForward(network, values).at(-1)!.data;
    expect(maxAbsDifference((await runOnnx(bytes, values)).data, expected)).toBeLessThan(1e-6);
  });

  test("is written so that onnxruntime computes it on both sides of where it bends", async () => {
    const network = defineModel({ name: "net", inputShape: [6], layers: [layer] });
    const values = tensor([1, 6], [-5, -3, -1, 0.5, 3, 7]);
    const expected = modelForward(network, values).at(-1)!.data;
    expect(maxAbsDifference((await runOnnx(writeOnnx(network), values)).data, expected)).toBeLessThan(1e-6);
  });

  test("is refused with a remedy", () => {
    const network = defineModel({ name: "net", inputShape: [3], layers: [layer] });
    expect(() => encryptableModel(network)).toThrow(/layer 0 "0" \(hardswish\): put a square/);
  });
});

test("a max-pooling with padding and dilation is PyTorch's", () => {
  // torch.arange(1, 26).sin() as a 5×5 image under nn.MaxPool2d(2, 2, 1, dilation=2), torch 2.13.
  const image = tensor(
    [1, 1, 5, 5],
    Array.from({ length: 25 }, (_, i) => Math.sin(i + 1)),
  );
  const layer = maxPoolLayer({ kernelSize: 2, stride: 2, padding: 1, dilation: 2 });
  const output = layerForward(layer, image);
  expect(output.shape).toEqual([1, 1, 3, 3]);
  expect(
    maxAbsDifference(
      output.data,
      [
        0.6569865987187891, 0.6569865987187891, 0.4121184852417566, 0.6569865987187891, 0.6569865987187891,
        0.4121184852417566, -0.9613974918795568, 0.14987720966295234, 0.14987720966295234,
      ],
    ),
  ).toBeLessThan(1e-9);
});

test("a window of a max-pooling that would see padding alone is refused", () => {
  expect(thrownBy(() => maxPoolLayer({ name: "pool1", kernelSize: 2, padding: 2 }))).toMatchObject({
    message: expect.stringMatching(/^maxPool "pool1": padding should be less than the kernel of 2×2, got/),
  });
});

test("a network with plain-only layers runs in the clear, and is no model: every such layer is named", () => {
  const network = defineModel({
    name: "lenet",
    inputShape: [1, 2, 2],
    layers: [
      activationLayer({ name: "act1", function: "tanh" }),
      squareLayer(),
      maxPoolLayer({ name: "pool1", kernelSize: 2 }),
    ],
  });
  expect(modelForward(network, tensor([1, 1, 2, 2], [0.1, -0.9, 0.2, 0])).at(-1)!.data[0]).toBeCloseTo(
    Math.tanh(0.9) ** 2,
    12,
  );
  const error = thrownBy(() => encryptableModel(network));
  expect(error).toBeInstanceOf(UnsupportedLayersError);
  expect((error as Error).message).toBe(
    'model "lenet" has 2 layers that cannot be encrypted: ' +
      'layer 0 "act1" (tanh): put a square (x * x) or a fitted polynomial in its place and train again; ' +
      'layer 2 "pool1" (maxPool): put an average pool in its place and train again',
  );
});

test("a network without any is a model as it stands", () => {
  const network = defineModel({ name: "squares", inputShape: [2], layers: [squareLayer()] });
  expect(encryptableModel(network)).toBe(network);
});
