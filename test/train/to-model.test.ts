import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import { runOnnx } from "../../src/he-ml/node/onnx/run.js";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { modelForward } from "../../src/he-ml/model/model.js";
import { argmax, imageAt, maxAbs } from "../../src/he-ml/tensor/tensor.js";
import { useBackend } from "../../src/train/backend.js";
import { selectImages, sliceDataset } from "../../src/train/dataset.js";
import { measureAccuracy, measureValueRanges } from "../../src/train/evaluate.js";
import { loadDataset, loadTestImages } from "../../src/train/load-dataset.js";
import { loadWeights, toModel } from "../../src/train/to-model.js";
import { train } from "../../src/train/train.js";
import { buildNetwork } from "../../src/train/architectures.js";

describe.each(["lenet1", "mnist-small"])("%s, briefly trained", (architecture) => {
  test("says the same in tfjs, in our plain forward and in onnxruntime", async () => {
    const dataset = sliceDataset(await loadDataset("mnist", "train"), 0, 640);
    const { network } = await train({ architecture, dataset, backend: "wasm", epochs: 3, batchSize: 32 });
    const { images } = await loadTestImages(
      "mnist",
      Array.from({ length: 50 }, (_, index) => index),
    );
    const inTfjs = tf.tidy(() => {
      const prediction = (network as tfl.Sequential).predict(
        tf.tensor4d(Float32Array.from(images.data), [50, 28, 28, 1]),
      );
      return (prediction as tf.Tensor).dataSync();
    });
    const model = toModel(network, architecture);
    network.dispose();
    expect(model.inputShape).toEqual([1, 28, 28]);
    const plain = modelForward(model, images).at(-1)!;
    const inOnnxruntime = await runOnnx(writeOnnx(model), images);
    expect(plain.shape).toEqual([50, 10]);
    expect(maxAbs(plain.data)).toBeGreaterThan(1);
    plain.data.forEach((value, i) => {
      expect(Math.abs(inTfjs[i] - value)).toBeLessThan(1e-4);
      expect(Math.abs(inOnnxruntime.data[i] - value)).toBeLessThan(1e-4);
    });
  });

  test("gives its weights back to a network unchanged", async () => {
    await useBackend("wasm");
    const source = buildNetwork(architecture, 1);
    const target = buildNetwork(architecture, 2);
    const model = toModel(source, architecture);
    loadWeights(target, model);
    expect(toModel(target, architecture)).toEqual(model);
    source.dispose();
    target.dispose();
  });
});

describe("measuring", () => {
  const build = async () => {
    await useBackend("wasm");
    const network = buildNetwork("mnist-small", 3);
    const model = toModel(network, "mnist-small");
    network.dispose();
    return model;
  };

  test("accuracy is the share of images whose largest logit is at their label", async () => {
    const model = await build();
    const dataset = sliceDataset(await loadDataset("mnist", "test"), 0, 620);
    const { images, labels } = selectImages(dataset);
    const logits = modelForward(model, images).at(-1)!;
    const correct = labels.filter((label, i) => argmax(imageAt(logits, i).data) === label).length;
    const reported: number[] = [];
    const accuracy = await measureAccuracy(writeOnnx(model), dataset, {
      onProgress: (done) => reported.push(done),
    });
    expect(correct).toBeGreaterThan(0);
    expect(accuracy).toBe(correct / 620);
    expect(reported).toEqual([500, 620]);
  });

  test("value ranges hold every layer's extremes, the input's first", async () => {
    const model = await build();
    const dataset = sliceDataset(await loadDataset("mnist", "train"), 0, 150);
    const ranges = await measureValueRanges(model, dataset);
    const { images } = selectImages(dataset);
    const outputs = [images, ...modelForward(model, images)];
    expect(ranges).toEqual(
      ["input", ...model.layers.map(({ name }) => name)].map((name, index) => ({
        name,
        min: Math.min(...outputs[index].data),
        max: Math.max(...outputs[index].data),
      })),
    );
  });

  test("stops when it is aborted", async () => {
    const model = await build();
    const dataset = sliceDataset(await loadDataset("mnist", "test"), 0, 10);
    const signal = AbortSignal.abort();
    await expect(measureAccuracy(writeOnnx(model), dataset, { signal })).rejects.toThrow(/aborted/);
    await expect(measureValueRanges(model, dataset, { signal })).rejects.toThrow(/aborted/);
  });
});

describe("networks that a model cannot express", () => {
  beforeAll(async () => {
    await useBackend("wasm");
  });

  const inputShape = [8, 8, 1];

  test.each<[string, tfl.layers.Layer[], RegExp]>([
    [
      "an activation inside a layer",
      [tfl.layers.conv2d({ inputShape, filters: 1, kernelSize: 3, activation: "relu", name: "c" })],
      /"c": expected activation linear, got relu/,
    ],
    [
      "same padding",
      [tfl.layers.conv2d({ inputShape, filters: 1, kernelSize: 3, padding: "same", name: "c" })],
      /"c": expected padding valid, got same/,
    ],
    [
      "channels first",
      [tfl.layers.flatten({ inputShape, dataFormat: "channelsFirst", name: "f" })],
      /"f": expected dataFormat channelsLast, got channelsFirst/,
    ],
    [
      "another kind of layer",
      [tfl.layers.maxPooling2d({ inputShape, poolSize: 2, name: "m" })],
      /got a MaxPooling2D layer "m"/,
    ],
    ["no images", [tfl.layers.dense({ inputShape: [3, 4], units: 2 })], /expected images \[n, rows/],
  ])("are refused: %s", (_what, layers, message) => {
    const network = tfl.sequential({ layers });
    expect(() => toModel(network, "odd")).toThrow(message);
    expect(() => toModel(network, "odd")).toThrow(InputError);
    network.dispose();
  });
});
