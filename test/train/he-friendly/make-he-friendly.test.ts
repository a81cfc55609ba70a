import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { runOnnx } from "../../../src/he-ml/node/onnx/run.js";
import { writeOnnx } from "../../../src/he-ml/formats/onnx/write.js";
import { activationLayer, activationFunctions } from "../../../src/he-ml/model/activation.js";
import { averagePoolLayer } from "../../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { identityLayer } from "../../../src/he-ml/model/identity.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { maxPoolLayer } from "../../../src/he-ml/model/max-pool.js";
import {
  defineModel,
  modelForward,
  type Network,
  type NetworkLayer,
} from "../../../src/he-ml/model/model.js";
import { unsupportedLayers } from "../../../src/he-ml/model/unsupported-layers.js";
import { tensor, zeros, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { makeHeFriendly, replacements } from "../../../src/train/he-friendly/make-he-friendly.js";
import { seededRandom } from "../../../src/train/random.js";

const random = seededRandom(3);
const normal = (count: number, deviation: number) =>
  Float64Array.from({ length: count }, () => {
    const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - random())), 2 * Math.PI * random()];
    return deviation * radius * Math.cos(angle);
  });

const images: Tensor = { shape: [60, 1, 12, 12], data: normal(60 * 144, 1) };

const conv = (name: string, inputs: number, outputs: number, padding = 0) =>
  convolutionalLayer({
    name,
    weights: tensor([outputs, inputs, 3, 3], normal(outputs * inputs * 9, 1 / Math.sqrt(9 * inputs))),
    bias: tensor([outputs], normal(outputs, 0.2)),
    padding,
  });
const linear = (name: string, inputs: number, outputs: number) =>
  linearLayer({
    name,
    weights: tensor([outputs, inputs], normal(outputs * inputs, 1 / Math.sqrt(inputs))),
    bias: tensor([outputs], normal(outputs, 0.2)),
  });
const act = (name: string, f: "relu" | "tanh" | "sigmoid") => activationLayer({ name, function: f });

const networkOf = (name: string, ...layers: NetworkLayer[]): Network =>
  defineModel({ name, inputShape: [1, 12, 12], layers } as Network);

/** Variance that is left, as a share of the variance there was. */
function unexplained(found: Tensor, wanted: Tensor): number {
  const mean = wanted.data.reduce((sum, value) => sum + value, 0) / wanted.data.length;
  const total = wanted.data.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return found.data.reduce((sum, value, i) => sum + (value - wanted.data[i]) ** 2, 0) / total;
}

const networks: readonly Network[] = [
  networkOf(
    "tanh and average pools",
    conv("conv1", 1, 4),
    act("tanh1", "tanh"),
    averagePoolLayer({ name: "pool1", kernelSize: 2 }),
    conv("conv2", 4, 6),
    act("tanh2", "tanh"),
    flattenLayer({ name: "flatten" }),
    linear("fc1", 54, 5),
  ),
  networkOf(
    "ReLU before max-pools, padding, dropout",
    conv("conv1", 1, 4, 1),
    act("relu1", "relu"),
    maxPoolLayer({ name: "pool1", kernelSize: 2 }),
    conv("conv2", 4, 6, 1),
    act("relu2", "relu"),
    maxPoolLayer({ name: "pool2", kernelSize: 2 }),
    flattenLayer({ name: "flatten" }),
    identityLayer({ name: "dropout" }),
    linear("fc1", 54, 8),
    act("relu3", "relu"),
    linear("fc2", 8, 3),
  ),
  networkOf(
    "max-pools before activations, one behind the flatten",
    conv("conv1", 1, 4),
    maxPoolLayer({ name: "pool1", kernelSize: 3, stride: 2, padding: 1 }),
    act("sigmoid1", "sigmoid"),
    conv("conv2", 4, 6),
    flattenLayer({ name: "flatten" }),
    act("tanh1", "tanh"),
    linear("fc1", 54, 4),
  ),
];

describe.each(networks)("$name, made HE-friendly", (network) => {
  test.each(replacements)(
    "by a %s: nothing is in the way, names and numbers stay, answers are near",
    async (a) => {
      const model = makeHeFriendly(network, images, a);
      expect(unsupportedLayers(model)).toEqual([]);
      expect(model.layers.map(({ name }) => name)).toEqual(network.layers.map(({ name }) => name));
      network.layers.forEach(({ kind }, index) => {
        const became = model.layers[index].kind;
        expect(became).toBe(kind === "activation" ? a : kind === "maxPool" ? "averagePool" : kind);
      });
      const found = modelForward(model, images).at(-1)!;
      expect(unexplained(found, modelForward(network, images).at(-1)!)).toBeLessThan(0.35);
      const inOnnxruntime = await runOnnx(writeOnnx(model), images);
      expect(unexplained(inOnnxruntime, found)).toBeLessThan(1e-9);
    },
  );
});

describe("replacing", () => {
  test("a max-pool of windows without differences changes nothing", () => {
    const flat = zeros([20, 1, 12, 12]);
    flat.data.forEach((_, i) => (flat.data[i] = Math.sin(Math.floor(i / 144) + 1)));
    const network = networkOf(
      "flat",
      maxPoolLayer({ name: "pool1", kernelSize: 2 }),
      conv("conv1", 1, 2),
      flattenLayer({ name: "flatten" }),
    );
    const model = makeHeFriendly(network, flat, "square");
    expect(unexplained(modelForward(model, flat).at(-1)!, modelForward(network, flat).at(-1)!)).toBeLessThan(
      1e-12,
    );
  });

  test("ReLU on what is positive anyway by a polynomial changes nothing", () => {
    const positive = tensor(images.shape, images.data.map(Math.abs));
    const weights = tensor([2, 1, 3, 3], normal(18, 1).map(Math.abs));
    const network = networkOf(
      "positive",
      convolutionalLayer({ name: "conv1", weights }),
      act("relu1", "relu"),
      flattenLayer({ name: "flatten" }),
      linear("fc1", 200, 3),
    );
    const model = makeHeFriendly(network, positive, "polynomial");
    const [found, wanted] = [model, network].map((each) => modelForward(each, positive).at(-1)!);
    expect(unexplained(found, wanted)).toBeLessThan(1e-9);
  });

  test("without weights where they are needed is refused, with what to do", () => {
    const first = networkOf("first", act("relu1", "relu"), conv("conv1", 1, 2));
    expect(() => makeHeFriendly(first, images, "square")).toThrow(InputError);
    expect(() => makeHeFriendly(first, images, "square")).toThrow(
      /"relu1" has no convolution or linear layer right before it.*--activation polynomial/,
    );
    expect(makeHeFriendly(first, images, "polynomial").layers[0].kind).toBe("polynomial");
    const last = networkOf(
      "last",
      conv("conv1", 1, 2),
      flattenLayer(),
      linear("fc1", 200, 2),
      act("tanh1", "tanh"),
    );
    expect(() => makeHeFriendly(last, images, "square")).toThrow(
      /ends with "tanh1".*leave out what comes after/,
    );
    const dilated = networkOf(
      "dilated",
      conv("conv1", 1, 2),
      maxPoolLayer({ name: "p", kernelSize: 2, dilation: 2 }),
    );
    expect(() => makeHeFriendly(dilated, images, "square")).toThrow(
      /maxPool "p": expected dilation 1, got 2×2/,
    );
  });
});

test.each(activationFunctions)("onnxruntime computes %s as the plain forward does", async (f) => {
  const network = networkOf("f", conv("conv1", 1, 2), activationLayer({ name: "act1", function: f }));
  const few = tensor([2, 1, 12, 12], images.data.subarray(0, 288));
  const found = await runOnnx(writeOnnx(network), few);
  modelForward(network, few)
    .at(-1)!
    .data.forEach((value, i) => expect(Math.abs(found.data[i] - value)).toBeLessThan(1e-5));
});
