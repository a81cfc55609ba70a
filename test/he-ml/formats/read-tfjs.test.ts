import { beforeAll, describe, expect, test } from "@jest/globals";
import * as tfl from "@tensorflow/tfjs-layers";
import { modelForward, type Network } from "../../../src/he-ml/model/model.js";
import { maxAbs } from "../../../src/he-ml/tensor/tensor.js";
import { useBackend } from "../../../src/train/backend.js";
import { Square } from "../../../src/train/square-layer.js";
import { maxAbsDifference } from "../support.js";
import { randomTensor } from "./onnx-support.js";
import { predict, randomizeWeights, save } from "./tfjs-support.js";
import { layers, read, type Layers, onFeatures } from "./read-tfjs-support.js";

beforeAll(async () => {
  await useBackend("wasm");
});

/** Saves and reads a network, and compares what the two give. */
async function readAsTfjs(network: tfl.LayersModel): Promise<Network> {
  randomizeWeights(network, 1);
  const ours = read(await save(network));
  const batch = randomTensor([2, ...ours.inputShape], 99);
  const expected = predict(network, batch);
  network.dispose();
  const actual = modelForward(ours, batch).at(-1)!;
  expect(actual.data.length).toBe(expected.data.length);
  expect(maxAbsDifference(actual.data, expected.data)).toBeLessThan(
    1e-5 * Math.max(1, maxAbs(expected.data)),
  );
  return ours;
}

const kinds = (network: Network) => network.layers.map(({ kind }) => kind).join(" ");

/** A network on images 9×8×2 that ends in a dense layer, or on 6 features. */
const onImages = (...of: Layers) =>
  tfl.sequential({
    layers: [
      layers.inputLayer({ inputShape: [9, 8, 2] }),
      ...of,
      layers.flatten(),
      layers.dense({ units: 3 }),
    ],
  });

describe("layers of a tfjs model give what tfjs gives", () => {
  test.each<[string, () => Layers, string]>([
    ["a convolution", () => [layers.conv2d({ filters: 3, kernelSize: 3 })], "convolutional"],
    [
      "a convolution with padding same, strides and no bias",
      () => [
        layers.conv2d({ filters: 3, kernelSize: [4, 3], strides: [2, 3], padding: "same", useBias: false }),
      ],
      "convolutional",
    ],
    [
      "a dilated convolution",
      () => [layers.conv2d({ filters: 3, kernelSize: 3, dilationRate: 2, padding: "same" })],
      "convolutional",
    ],
    [
      "a depthwise convolution",
      () => [layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 })],
      "convolutional",
    ],
    ["an average pooling", () => [layers.averagePooling2d({ poolSize: [2, 3] })], "averagePool"],
    [
      "an average pooling with padding same, which does not count",
      () => [layers.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" })],
      "averagePool",
    ],
    [
      "a padding",
      () => [
        layers.zeroPadding2d({
          padding: [
            [1, 0],
            [2, 3],
          ],
        }),
      ],
      "padding",
    ],
    ["a square of our own class", () => [new Square()], "square"],
    ["dropout", () => [layers.dropout({ rate: 0.5 })], "identity"],
    [
      "a convolution and its batch normalization",
      () => [layers.conv2d({ filters: 3, kernelSize: 3 }), layers.batchNormalization({ center: false })],
      "convolutional identity",
    ],
    [
      "a max-pooling with padding same",
      () => [layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "same" })],
      "maxPool",
    ],
    [
      "relu6 and a leaky relu",
      () => [layers.reLU({ maxValue: 6 }), layers.leakyReLU({})],
      "activation activation",
    ],
    ["elu", () => [layers.elu({})], "activation"],
    [
      "activations within layers",
      () => [
        layers.conv2d({ filters: 2, kernelSize: 3, activation: "tanh" }),
        layers.activation({ activation: "relu" }),
      ],
      "convolutional activation activation",
    ],
  ])("%s", async (_what, make, expected) => {
    expect(kinds(await readAsTfjs(onImages(...make())))).toBe(`${expected} flatten linear`);
  });

  test("a batch normalization of flattened images, in their order", async () => {
    const network = tfl.sequential({
      layers: [
        layers.inputLayer({ inputShape: [3, 4, 2] }),
        layers.flatten(),
        new Square(),
        layers.batchNormalization({}),
        layers.dense({ units: 3 }),
      ],
    });
    expect(kinds(await readAsTfjs(network))).toBe("flatten square identity linear");
  });

  test("a batch normalization that nothing takes in", async () => {
    const of = () => [layers.averagePooling2d({ poolSize: 2 }), layers.batchNormalization({}), new Square()];
    expect(kinds(await readAsTfjs(onImages(...of())))).toBe(
      "averagePool convolutional square flatten linear",
    );
  });

  test("a global pooling, which flattens too", async () => {
    const network = tfl.sequential({
      layers: [
        layers.inputLayer({ inputShape: [9, 8, 2] }),
        layers.globalAveragePooling2d({}),
        layers.dense({ units: 2, activation: "sigmoid" }),
      ],
    });
    expect(kinds(await readAsTfjs(network))).toBe("averagePool flatten linear activation");
  });

  test("dense layers, without bias and with", async () => {
    const network = onFeatures(
      layers.dense({ units: 4, useBias: false }),
      new Square(),
      layers.dense({ units: 2 }),
    );
    expect(kinds(await readAsTfjs(network))).toBe("linear square linear");
  });

  test("a model within a model", async () => {
    const inner = onFeatures(layers.dense({ units: 4, name: "first" }));
    const network = tfl.sequential({ layers: [inner, layers.dense({ units: 2, name: "second" })] });
    expect((await readAsTfjs(network)).layers.map(({ name }) => name)).toEqual(["first", "second"]);
  });

  test("a functional model that is one chain", async () => {
    const input = tfl.input({ shape: [9, 8, 2] });
    const pooled = layers.averagePooling2d({ poolSize: 2 }).apply(input);
    const output = layers.dense({ units: 2 }).apply(layers.flatten().apply(pooled)) as tfl.SymbolicTensor;
    expect(kinds(await readAsTfjs(tfl.model({ inputs: input, outputs: output })))).toBe(
      "averagePool flatten linear",
    );
  });

  test("a user's class called SquareActivation", async () => {
    const saved = await save(onFeatures(new Square(), layers.dense({ units: 2 })));
    const text = JSON.stringify(saved.json).replace(
      '"class_name":"Square"',
      '"class_name":"Custom>SquareActivation"',
    );
    expect(kinds(read({ ...saved, json: JSON.parse(text) as Record<string, unknown> }))).toBe(
      "square linear",
    );
  });
});
