import { beforeAll, describe, expect, test } from "@jest/globals";
import * as tfl from "@tensorflow/tfjs-layers";
import { InputError } from "../../../src/he-ml/errors.js";
import { readTfjs } from "../../../src/he-ml/formats/tfjs/read.js";
import { modelForward, type Network } from "../../../src/he-ml/model/model.js";
import { maxAbs } from "../../../src/he-ml/tensor/tensor.js";
import { useBackend } from "../../../src/train/backend.js";
import { Square } from "../../../src/train/square-layer.js";
import { maxAbsDifference, thrownBy } from "../support.js";
import { randomTensor } from "./onnx-support.js";
import { encode, predict, randomizeWeights, save, type SavedModel } from "./tfjs-support.js";

const { layers } = tfl;

beforeAll(async () => {
  await useBackend("wasm");
});

/** Reads a model as tfjs saved it. */
const read = ({ json, weights }: SavedModel): Network =>
  readTfjs(encode(json), { name: "net", file: () => weights });

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
type Layers = tfl.layers.Layer[];

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
const onFeatures = (...of: Layers) =>
  tfl.sequential({ layers: [layers.inputLayer({ inputShape: [6] }), ...of] });

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

describe("weights of a tfjs model", () => {
  const saveDense = async () => {
    const network = onFeatures(layers.dense({ units: 4, name: "fc" }));
    randomizeWeights(network, 3);
    const saved = await save(network);
    network.dispose();
    return saved;
  };
  /** The saved model with another manifest of weights. */
  const withManifest = (
    saved: SavedModel,
    paths: string[],
    changes: Record<string, unknown>[] = [{}, {}],
  ) => {
    const [{ weights }] = saved.json.weightsManifest as { weights: Record<string, unknown>[] }[];
    const specs = weights.map((spec, i) => ({ ...spec, ...changes[i] }));
    return { ...saved.json, weightsManifest: [{ paths, weights: specs }] };
  };

  test("may lie in several files", async () => {
    const saved = await saveDense();
    const parts = new Map([
      ["a.bin", saved.weights.subarray(0, 50)],
      ["b.bin", saved.weights.subarray(50)],
    ]);
    const file = (path: string) => parts.get(path)!;
    const json = withManifest(saved, ["a.bin", "b.bin"]);
    expect(readTfjs(encode(json), { name: "net", file })).toEqual(read(saved));
  });

  test.each([
    ["uint8", Uint8Array, 255],
    ["uint16", Uint16Array, 65535],
  ] as const)("may be quantized to %s", async (dtype, Stored, largest) => {
    const saved = await saveDense();
    const values = new Float32Array(saved.weights.buffer);
    const [min, scale] = [-0.5, 1 / largest];
    const kernel = new Uint8Array(
      new Stored(Array.from(values.subarray(0, 24), (v) => Math.round((v - min) / scale))).buffer,
    );
    const weights = new Uint8Array([...kernel, ...saved.weights.subarray(96)]);
    const json = withManifest(saved, ["weights.bin"], [{ quantization: { dtype, min, scale } }, {}]);
    const [quantized, exact] = [read({ json, weights }), read(saved)].map(({ layers: [layer] }) => layer);
    expect(quantized).toMatchObject({ kind: "linear", name: "fc" });
    const difference = maxAbsDifference(
      (quantized as { weights: { data: Float64Array } }).weights.data,
      (exact as { weights: { data: Float64Array } }).weights.data,
    );
    expect(difference).toBeLessThanOrEqual(scale);
    expect(difference).toBeGreaterThan(0);
  });

  test.each<[string, (saved: SavedModel) => SavedModel, RegExp]>([
    [
      "are too short",
      (saved) => ({ ...saved, weights: saved.weights.subarray(4) }),
      /expected 112 bytes .* got 108/,
    ],
    [
      "are missing",
      ({ json }) => ({ json: { ...json, weightsManifest: [] }, weights: new Uint8Array() }),
      /"fc": expected a kernel/,
    ],
    [
      "have another shape",
      (saved) => ({ ...saved, json: withManifest(saved, ["w"], [{ shape: [4, 6] }, {}]) }),
      /expected a bias \[6\], got \[4\]/,
    ],
    [
      "are text",
      (saved) => ({ ...saved, json: withManifest(saved, ["w"], [{ dtype: "string" }, {}]) }),
      /expected one of float32, .* got "string"/,
    ],
    [
      "are quantized without a scale",
      (saved) => ({
        json: withManifest(saved, ["w"], [{ quantization: { dtype: "uint8" } }, {}]),
        weights: saved.weights.subarray(0, 40),
      }),
      /quantized without min and scale/,
    ],
    [
      "have a shape beyond reason",
      (saved) => ({ ...saved, json: withManifest(saved, ["w"], [{ shape: [2 ** 31, 2 ** 21] }, {}]) }),
      /expected at most 33554432 weights, got 4503599627370500/,
    ],
  ])("that %s are refused", async (_what, change, message) => {
    const changed = change(await saveDense());
    const error = thrownBy(() => read(changed));
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(message);
  });
});

describe("tfjs models that are refused", () => {
  const refusal = (saved: SavedModel) => {
    const error = thrownBy(() => read(saved));
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(/^.+$/);
    return (error as InputError).message;
  };

  test("every layer that can neither be encrypted nor run is named, and those that can only run", async () => {
    const network = onFeatures(
      layers.dense({ units: 4, activation: "relu", name: "fc" }),
      layers.layerNormalization({ name: "norm" }),
      layers.dense({ units: 4, activation: "softmax", name: "head" }),
    );
    expect(refusal(await save(network))).toBe(
      'model "net" has 3 layers that cannot be encrypted: ' +
        'layer 1 "fc.relu" (relu): put a square (x * x) or a fitted polynomial in its place and train again; ' +
        'layer 2 "norm" (LayerNormalization): leave it out, it divides by statistics that the server cannot see; ' +
        'layer 4 "head.softmax" (softmax): leave it out, the client applies it after decryption',
    );
  });

  test("a residual connection", async () => {
    const input = tfl.input({ shape: [6] });
    const hidden = layers.dense({ units: 6, name: "hidden" }).apply(input) as tfl.SymbolicTensor;
    const sum = layers.add({ name: "skip" }).apply([input, hidden]) as tfl.SymbolicTensor;
    expect(refusal(await save(tfl.model({ inputs: input, outputs: sum })))).toMatch(
      /^model "net": layer "skip" takes \["input\d*","hidden"\]; only models whose layers form one chain/,
    );
  });

  test.each<[string, () => Layers, RegExp]>([
    [
      "channels first",
      () => [layers.averagePooling2d({ dataFormat: "channelsFirst", poolSize: 1 })],
      /data_format/,
    ],
    ["a batch normalization of rows", () => [layers.batchNormalization({ axis: 1 })], /expected axis 3/],
    ["an output of flattened images", () => [layers.flatten()], /end the model with a Dense layer/],
    ["a dense layer without flatten", () => [layers.dense({ units: 2 })], /flatten layer before it/],
  ])("%s", async (_what, make, message) => {
    const network = tfl.sequential({ layers: [layers.inputLayer({ inputShape: [9, 8, 2] }), ...make()] });
    expect(refusal(await save(network))).toMatch(message);
  });

  test.each<[string, unknown, RegExp]>([
    ["a graph model", { format: "graph-model", modelTopology: {} }, /"layers-model", got "graph-model"/],
    ["no topology", {}, /modelTopology: the whole/],
    ["another JSON", [1, 2], /^model "[^"]+": model\.json: /],
    [
      "no layers",
      { modelTopology: { class_name: "Sequential", config: { layers: [] } } },
      /batch_input_shape/,
    ],
    [
      "an open image size",
      {
        modelTopology: {
          class_name: "Sequential",
          config: {
            layers: [
              { class_name: "Conv2D", config: { name: "c", batch_input_shape: [null, null, null, 1] } },
            ],
          },
        },
      },
      /batch_input_shape/,
    ],
  ])("%s", (_what, json, message) => {
    expect(refusal({ json: json as Record<string, unknown>, weights: new Uint8Array() })).toMatch(message);
  });

  test("models nested without end", () => {
    let config: Record<string, unknown> = { name: "innermost", layers: [] };
    for (let depth = 0; depth < 1000; depth++) {
      config = { name: `level${depth}`, layers: [{ class_name: "Sequential", config }] };
    }
    const json = { modelTopology: { class_name: "Sequential", config } };
    expect(refusal({ json, weights: new Uint8Array() })).toMatch(/nested too deeply/);
  });
});
