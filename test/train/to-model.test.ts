import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { modelForward } from "../../src/he-ml/model/model.js";
import { argmax, imageAt } from "../../src/he-ml/tensor/tensor.js";
import { useBackend } from "../../src/train/backend.js";
import { selectImages, sliceDataset } from "../../src/train/dataset.js";
import { measureAccuracy, measureValueRanges } from "../../src/train/evaluate.js";
import { loadDataset } from "../../src/train/load-dataset.js";
import { loadWeights, toModel } from "../../src/train/to-model.js";
import { buildNetwork } from "../../src/train/architectures.js";
import { checkSameAnswers } from "./brief-training.js";

// Of lenet1 too: see train.slow.ts.
test("mnist-small, briefly trained, says the same in tfjs, in our plain forward and in onnxruntime", () =>
  checkSameAnswers("mnist-small"));

describe.each(["lenet1", "mnist-small"])("%s", (architecture) => {
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
    const dataset = sliceDataset(await loadDataset("mnist", "test"), 0, 150);
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
