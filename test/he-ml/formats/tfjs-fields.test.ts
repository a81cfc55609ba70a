import { beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { InputError } from "../../../src/he-ml/errors.js";
import { modelForward, type Network } from "../../../src/he-ml/model/model.js";
import { reshape, tensor, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { transpose } from "../../../src/he-ml/tensor/transpose.js";
import { useBackend } from "../../../src/train/backend.js";
import { maxAbsDifference, thrownBy } from "../support.js";
import { randomTensor } from "./onnx-support.js";
import { layers, onFeatures, read } from "./read-tfjs-support.js";
import { predict, randomizeWeights, save, type SavedModel } from "./tfjs-support.js";

beforeAll(async () => {
  await useBackend("wasm");
});

type Fields = Record<string, unknown>;
interface SavedLayer {
  class_name: string;
  config: Fields;
}

/** The saved layers, to be changed. */
const layersOf = ({ json }: SavedModel) =>
  (json.modelTopology as { config: { layers: SavedLayer[] } }).config.layers;

async function saved(network: tfl.LayersModel): Promise<SavedModel> {
  randomizeWeights(network, 7);
  const model = await save(network);
  return { ...model, json: JSON.parse(JSON.stringify(model.json)) as Fields };
}

const refusal = (model: SavedModel) => {
  const error = thrownBy(() => read(model));
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).message).toMatch(/^.+$/);
  return (error as InputError).message;
};

/** tfjs's answer to a batch in its own order of axes. */
const answer = (network: tfl.LayersModel, { shape, data }: Tensor): Tensor => {
  const output = tf.tidy(() => network.predict(tf.tensor(Float32Array.from(data), [...shape])) as tf.Tensor);
  return tensor(output.shape, output.dataSync());
};

const outputOf = (network: Network, batch: Tensor) => modelForward(network, batch).at(-1)!;

function expectClose(ours: Tensor, theirs: Tensor) {
  expect(ours.shape).toEqual(theirs.shape);
  expect(maxAbsDifference(ours.data, theirs.data)).toBeLessThan(1e-5);
}

describe("an activation in its layer", () => {
  const dense = async (activation: unknown) => {
    const model = await saved(onFeatures(layers.dense({ units: 3, name: "fc" })));
    layersOf(model)[1].config.activation = activation;
    return model;
  };

  test.each<[string, unknown, string, (x: number) => number]>([
    ["a function by name", { class_name: "function", config: "square" }, "square", (x) => x * x],
    ["a registered function", "Custom>square", "square", (x) => x * x],
    ["a layer", { class_name: "ReLU", config: { name: "r" } }, "activation", (x) => Math.max(0, x)],
    [
      "a layer with a slope",
      { class_name: "LeakyReLU", config: { name: "r", negative_slope: 0.25 } },
      "activation",
      (x) => (x > 0 ? x : x / 4),
    ],
    [
      "a layer Activation with a function",
      {
        class_name: "Activation",
        config: { name: "a", activation: { class_name: "function", config: "square" } },
      },
      "square",
      (x) => x * x,
    ],
    ["Keras's leaky_relu", "leaky_relu", "activation", (x) => (x > 0 ? x : 0.2 * x)],
  ])("%s is applied", async (_what, activation, kind, f) => {
    const network = read(await dense(activation));
    expect(network.layers.map((layer) => layer.kind)).toEqual(["linear", kind]);
    const [before, after] = modelForward(network, randomTensor([2, 6], 4));
    expect(maxAbsDifference(after.data, before.data.map(f))).toBeLessThan(1e-12);
  });

  test.each<[string, unknown, RegExp]>([
    ["another function", { class_name: "function", config: "cube" }, /layer 1 "fc\.cube" \(cube\)/],
    ["another layer", { class_name: "PReLU", config: { name: "p" } }, /"fc\.PReLU" \(PReLU\): put a square/],
    ["code", { class_name: "__lambda__", config: { value: "abc" } }, /\(__lambda__\)/],
    ["no name", ["4wEAAA=="], /\(an activation without a name\)/],
    [
      "a layer with an unknown field",
      { class_name: "LeakyReLU", config: { name: "r", slope: 2 } },
      /LeakyReLU "fc\.LeakyReLU": its field "slope" is not understood/,
    ],
  ])("that is %s is refused by name", async (_what, activation, message) => {
    expect(refusal(await dense(activation))).toMatch(message);
  });
});

describe("a field that is not known, or a value of it, refuses the layer by name", () => {
  test.each<[string, Fields, RegExp]>([
    ["a new field", { sparsity: 2 }, /Dense "fc": its field "sparsity" is not understood/],
    ["a quantization", { quantization_config: { mode: "int8" } }, /Dense "fc": quantization_config: /],
    ["a type of integers", { dtype: "int8_from_float32" }, /Dense "fc": dtype: /],
    ["another size", { units: 5 }, /Dense "fc": its units is 5, but its weights say 3/],
  ])("%s", async (_what, fields, message) => {
    const model = await saved(onFeatures(layers.dense({ units: 3, name: "fc" })));
    Object.assign(layersOf(model)[1].config, fields);
    expect(refusal(model)).toMatch(message);
  });

  test("what was done in training, and float types, change nothing", async () => {
    const model = await saved(onFeatures(layers.dense({ units: 3, name: "fc" })));
    const plain = read(model);
    const dtype = { module: "keras", class_name: "DTypePolicy", config: { name: "mixed_float16" } };
    Object.assign(layersOf(model)[1].config, { kernel_constraint: { max: 2 }, trainable: false, dtype });
    expect(read(model)).toEqual(plain);
  });
});

describe("a model's ends", () => {
  const functional = async () => {
    const input = tfl.input({ shape: [6], name: "in" });
    const hidden = layers.dense({ units: 3, name: "hidden" }).apply(input) as tfl.SymbolicTensor;
    const output = layers.dense({ units: 2, name: "out" }).apply(hidden) as tfl.SymbolicTensor;
    return saved(tfl.model({ inputs: input, outputs: output }));
  };
  const config = ({ json }: SavedModel) => (json.modelTopology as { config: Fields }).config;

  test.each<[string, Fields, RegExp]>([
    [
      "several outputs",
      {
        output_layers: [
          ["hidden", 0, 0],
          ["out", 0, 0],
        ],
      },
      /expected one output, .* got \["hidden","out"\]/,
    ],
    ["an output inside it", { output_layers: [["hidden", 0, 0]] }, /last layer "out", got \["hidden"\]/],
    ["an input inside it", { input_layers: [["hidden", 0, 0]] }, /expected one input, that of its first/],
  ])("%s are refused", async (_what, fields, message) => {
    const model = await functional();
    Object.assign(config(model), fields);
    expect(refusal(model)).toMatch(message);
  });

  test("a layer called with more than its input is refused", async () => {
    const model = await functional();
    const layer = (config(model).layers as Fields[])[1];
    layer.inbound_nodes = [[["in", 0, 0, { training: true }]]];
    expect(refusal(model)).toMatch(/layer "hidden" is called with \["training"\], which is not understood/);
    layer.inbound_nodes = [[["in", 0, 0, { training: null }]]];
    expect(read(model).layers).toHaveLength(2);
  });

  test.each(["softmax", "logSoftmax"] as const)("a %s is left out, with a note", async (activation) => {
    const network = onFeatures(layers.dense({ units: 3, activation: activation as "softmax", name: "head" }));
    const ours = read(await saved(network));
    expect(ours.notes).toEqual([expect.stringMatching(/^\w+ "head\.\w+" at the end is left out/)]);
    const batch = randomTensor([2, 6], 5);
    const logits = outputOf(ours, batch);
    const sums = [0, 1].map((i) => logits.data.slice(3 * i, 3 * i + 3).reduce((s, x) => s + Math.exp(x), 0));
    const expected = logits.data.map((x, i) =>
      activation === "softmax"
        ? Math.exp(x) / sums[Math.floor(i / 3)]
        : x - Math.log(sums[Math.floor(i / 3)]),
    );
    expectClose({ shape: [2, 3], data: expected }, answer(network, batch));
  });

  test("a layer Softmax of another axis, or in the middle, is refused", async () => {
    const other = await saved(onFeatures(layers.dense({ units: 3 }), layers.softmax({ axis: 0 })));
    expect(refusal(other)).toMatch(/\(Softmax\): leave it out/);
    const middle = onFeatures(
      layers.dense({ units: 3 }),
      layers.softmax({ name: "p" }),
      layers.dense({ units: 2 }),
    );
    expect(refusal(await saved(middle))).toMatch(/layer 1 "p" \(Softmax\): leave it out/);
  });
});

describe("shapes of images", () => {
  test("without channels are images of one channel, as in TensorFlow's quickstart", async () => {
    const network = tfl.sequential({
      layers: [
        layers.flatten({ inputShape: [4, 5] }),
        layers.dense({ units: 3 }),
        layers.dropout({ rate: 0.2 }),
      ],
    });
    const ours = read(await saved(network));
    expect(ours.inputShape).toEqual([1, 4, 5]);
    const batch = randomTensor([2, 4, 5], 6);
    expectClose(outputOf(ours, reshape(batch, [2, 1, 4, 5])), answer(network, batch));
  });

  test("that Reshape makes of features or of rows run through convolutions", async () => {
    for (const inputShape of [[20], [4, 5]]) {
      const network = tfl.sequential({
        layers: [
          layers.reshape({ targetShape: [4, 5, 1], inputShape }),
          layers.conv2d({ filters: 2, kernelSize: 2 }),
          layers.flatten(),
          layers.dense({ units: 3 }),
        ],
      });
      const ours = read(await saved(network));
      const batch = randomTensor([2, ...inputShape], 6);
      const { inputShape: shape } = ours;
      expectClose(outputOf(ours, reshape(batch, [2, ...shape])), answer(network, batch));
    }
  });

  test("in camel case are read", async () => {
    const model = await saved(
      tfl.sequential({ layers: [layers.dense({ units: 3, inputShape: [6], name: "fc" })] }),
    );
    const plain = read(model);
    const { config } = layersOf(model)[0];
    config.batchInputShape = config.batch_input_shape;
    config.useBias = config.use_bias;
    delete config.batch_input_shape;
    delete config.use_bias;
    expect(read(model)).toEqual(plain);
    config.use_bias = false;
    expect(refusal(model)).toMatch(/Dense "fc": its field "useBias" is not understood/);
  });

  test("of one dimension run through every layer for them", async () => {
    const network = tfl.sequential({
      layers: [
        layers.conv1d({ filters: 3, kernelSize: 3, strides: 2, padding: "same", inputShape: [29, 2] }),
        layers.batchNormalization({}),
        layers.averagePooling1d({ poolSize: 2 }),
        layers.conv1d({ filters: 2, kernelSize: 2, dilationRate: 2 }),
        layers.maxPooling1d({ poolSize: 3, strides: 1, padding: "same" }),
        layers.flatten(),
        layers.dense({ units: 2 }),
      ],
    });
    const ours = read(await saved(network));
    expect(ours.inputShape).toEqual([2, 1, 29]);
    const batch = randomTensor([2, 2, 1, 29], 8);
    expectClose(outputOf(ours, batch), answer(network, reshape(transpose(batch, [0, 2, 3, 1]), [2, 29, 2])));
  });

  test("of one dimension are padded before them by a causal convolution", async () => {
    const conv = layers.conv1d({
      filters: 1,
      kernelSize: 2,
      dilationRate: 2,
      useBias: false,
      inputShape: [4, 1],
    });
    const model = await saved(tfl.sequential({ layers: [conv] }));
    layersOf(model)[0].config.padding = "causal";
    const ours = read({ ...model, weights: new Uint8Array(Float32Array.of(2, 3).buffer) });
    expect([...outputOf(ours, tensor([1, 1, 1, 4], [1, 2, 3, 4])).data]).toEqual([3, 6, 11, 16]);
  });

  test("of two dimensions are refused by layers of one", async () => {
    const model = await saved(tfl.sequential({ layers: [layers.flatten({ inputShape: [4, 5] })] }));
    layersOf(model).push({ class_name: "MaxPooling1D", config: { name: "pool" } });
    expect(refusal(model)).toMatch(/MaxPooling1D "pool": expected images \[length, channels\], got 20/);
  });
});

describe("layers", () => {
  test("Flatten with channels_first moves the channels, as Keras does", async () => {
    const network = tfl.sequential({
      layers: [
        layers.conv2d({ filters: 2, kernelSize: 2, inputShape: [4, 3, 1] }),
        layers.flatten({ dataFormat: "channelsFirst" }),
        layers.dense({ units: 3 }),
      ],
    });
    const ours = read(await saved(network));
    const batch = randomTensor([2, 1, 4, 3], 9);
    expectClose(outputOf(ours, batch), predict(network, batch));
  });

  test("Rescaling is folded, or a layer of its own", async () => {
    for (const padding of ["valid", "same"] as const) {
      const network = tfl.sequential({
        layers: [
          layers.rescaling({ scale: 1 / 3, offset: -0.5, inputShape: [4, 5, 2] }),
          layers.conv2d({ filters: 2, kernelSize: 3, padding }),
          layers.globalAveragePooling2d({}),
        ],
      });
      const ours = read(await saved(network));
      expect(ours.layers[0].kind).toBe(padding === "valid" ? "identity" : "convolutional");
      const batch = randomTensor([2, 2, 4, 5], 10);
      expectClose(outputOf(ours, batch), predict(network, batch));
    }
  });

  test("ReLU with a slope is a leaky one", async () => {
    const model = await saved(onFeatures(layers.dense({ units: 3 })));
    layersOf(model).push({ class_name: "ReLU", config: { name: "r", negative_slope: 0.5, max_value: null } });
    expect(read(model).layers[1]).toMatchObject({ function: "leakyRelu", alpha: 0.5 });
    layersOf(model)[2].config.max_value = 6;
    expect(refusal(model)).toMatch(/ReLU "r": expected a max_value of none or 6 without a slope/);
  });
});
