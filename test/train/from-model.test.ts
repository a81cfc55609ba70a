import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import { averagePoolLayer } from "../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../src/he-ml/model/flatten.js";
import { identityLayer } from "../../src/he-ml/model/identity.js";
import { linearLayer } from "../../src/he-ml/model/linear.js";
import { defineModel, modelForward, type Model } from "../../src/he-ml/model/model.js";
import { paddingLayer } from "../../src/he-ml/model/padding.js";
import { polynomialLayer } from "../../src/he-ml/model/polynomial.js";
import { squareLayer } from "../../src/he-ml/model/square.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import { useBackend } from "../../src/train/backend.js";
import { fromModel } from "../../src/train/from-model.js";
import { toModel } from "../../src/train/to-model.js";
import { waves } from "../cli/support.js";

beforeAll(async () => {
  await useBackend("wasm");
});

/** Every kind of layer, with every option that tfjs can train; element-wise layers between flatten and linear. */
const model: Model = defineModel({
  name: "all kinds",
  inputShape: [1, 9, 8],
  layers: [
    paddingLayer({ name: "pad", padding: { top: 1, bottom: 0, left: 2, right: 1 } }),
    convolutionalLayer({
      name: "/features/0/Conv:0 é",
      weights: tensor([4, 1, 3, 2], waves(24, 0.5)),
      stride: [1, 2],
      padding: { top: 1, bottom: 0, left: 0, right: 2 },
    }),
    polynomialLayer({ name: "act1", coefficients: [0.1, 0.5, -0.25, 0.125] }),
    convolutionalLayer({
      name: "conv2",
      weights: tensor([6, 2, 2, 2], waves(48, 0.7)),
      bias: tensor([6], waves(6, 0.3)),
      groups: 2,
    }),
    averagePoolLayer({ name: "pool1", kernelSize: 2, padding: 1, countIncludePad: false }),
    averagePoolLayer({ name: "pool2", kernelSize: [2, 3], stride: 1, padding: 1 }),
    flattenLayer({ name: "flatten" }),
    squareLayer({ name: "square1" }),
    identityLayer({ name: "dropout" }),
    linearLayer({ name: "fc1", weights: tensor([3, 108], waves(324, 0.2)) }),
  ],
});

const images = tensor([3, 1, 9, 8], waves(216, 1));
const asTfjs = () => tf.tensor4d(Float32Array.from(images.data), [3, 9, 8, 1]);

describe("a model as a network of tfjs", () => {
  test("says the same, and comes back with a bias everywhere", () => {
    const network = fromModel(model);
    const plain = modelForward(model, images).at(-1)!;
    const logits = tf.tidy(() => (network.predict(asTfjs()) as tf.Tensor).dataSync());
    plain.data.forEach((value, i) => expect(Math.abs(logits[i] - value)).toBeLessThan(1e-4));
    const back = toModel(network, "back");
    network.dispose();
    expect(back.layers.map(({ name, kind }) => [name, kind])).toEqual(
      model.layers.map(({ name, kind }) => [name, kind]),
    );
    const again = modelForward(back, images).at(-1)!;
    plain.data.forEach((value, i) => expect(Math.abs(again.data[i] - value)).toBeLessThan(1e-5));
    expect(back.layers.every((layer) => !("weights" in layer) || layer.bias)).toBe(true);
  });

  test("has the gradients that differences of its output give, on wasm", () => {
    const network = fromModel(model);
    const inputs = asTfjs();
    const mixture = tf.tensor2d(waves(9, 1), [3, 3]);
    const loss = () => tf.sum(tf.mul(network.apply(inputs) as tf.Tensor, mixture)) as tf.Scalar;
    const variables = network.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(loss, variables);
    for (const variable of variables) {
      const gradient = grads[variable.name].dataSync();
      const values = variable.dataSync().slice();
      for (const index of new Set([0, Math.floor(values.length / 2), values.length - 1])) {
        const at = (step: number) => {
          const moved = values.slice();
          moved[index] += step;
          variable.assign(tf.tensor(moved, variable.shape));
          return loss().dataSync()[0];
        };
        const step = 0.01;
        const difference = (at(step) - at(-step)) / (2 * step);
        expect(Math.abs(gradient[index] - difference)).toBeLessThan(0.01 * (1 + Math.abs(difference)));
      }
      variable.assign(tf.tensor(values, variable.shape));
    }
    network.dispose();
  });

  test("keeps no tensors when it is disposed of", () => {
    const before = tf.memory().numTensors;
    fromModel(model).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("is refused where it holds a dilated convolution, which tfjs cannot train", () => {
    const dilated = defineModel({
      name: "dilated",
      inputShape: [1, 5, 5],
      layers: [
        convolutionalLayer({ name: "conv1", weights: tensor([1, 1, 2, 2], [1, 2, 3, 4]), dilation: 2 }),
      ],
    });
    expect(() => fromModel(dilated)).toThrow(InputError);
    expect(() => fromModel(dilated)).toThrow(/convolutional "conv1": expected dilation 1, got 2×2/);
  });
});
