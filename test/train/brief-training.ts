import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { expect } from "@jest/globals";
import { runOnnx } from "../../src/he-ml/node/onnx/run.js";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { modelForward } from "../../src/he-ml/model/model.js";
import { maxAbs } from "../../src/he-ml/tensor/tensor.js";
import { sliceDataset, type Dataset } from "../../src/train/dataset.js";
import { loadDataset, loadTestImages } from "../../src/train/load-dataset.js";
import { toModel } from "../../src/train/to-model.js";
import { train } from "../../src/train/train.js";

/** Trains an architecture on a few images: it learns them. */
export async function checkLearning(architecture: string, dataset: Dataset): Promise<void> {
  const { epochs, network, recipe } = await train({
    architecture,
    dataset,
    backend: "wasm",
    epochs: 8,
    batchSize: 32,
  });
  network.dispose();
  expect(recipe.epochs).toBe(8);
  expect(epochs).toHaveLength(8);
  expect(epochs[7].loss).toBeLessThan(0.6 * epochs[0].loss);
  expect(epochs[7].accuracy).toBeGreaterThan(0.7);
}

/** Trains an architecture briefly: it says the same in tfjs, in our plain forward and in onnxruntime. */
export async function checkSameAnswers(architecture: string): Promise<void> {
  const dataset = sliceDataset(await loadDataset("mnist", "test"), 0, 640);
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
}
