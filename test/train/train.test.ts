import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import { modelForward, type Model } from "../../src/he-ml/model/model.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import { selectImages, sliceDataset, type Dataset } from "../../src/train/dataset.js";
import { loadDataset } from "../../src/train/load-dataset.js";
import { toModel } from "../../src/train/to-model.js";
import { train, type TrainingOptions, type TrainingProgress } from "../../src/train/train.js";
import { checkLearning } from "./brief-training.js";

let dataset: Dataset;

beforeAll(async () => {
  dataset = sliceDataset(await loadDataset("mnist", "test"), 0, 320);
});

async function trained(options: Partial<TrainingOptions> = {}): Promise<Model> {
  const { network } = await train({
    architecture: "mnist-small",
    backend: "wasm",
    epochs: 1,
    batchSize: 32,
    dataset,
    ...options,
  });
  const model = toModel(network, "trained");
  network.dispose();
  return model;
}

describe("training", () => {
  test.each(["lenet1", "mnist-small"])(
    "%s gives the same weights for the same seed",
    async (architecture) => {
      const few = { architecture, dataset: sliceDataset(dataset, 0, 96) };
      const first = await trained({ ...few, seed: 5 });
      expect(await trained({ ...few, seed: 5 })).toEqual(first);
      expect(await trained({ ...few, seed: 6 })).not.toEqual(first);
    },
  );

  // lenet1 too: see train.slow.ts.
  test("mnist-small lowers the loss on a few images and learns them", () =>
    checkLearning("mnist-small", dataset));

  test("reports progress to the last step and leaks no tensors", async () => {
    const reports: TrainingProgress[] = [];
    await trained({ epochs: 1 });
    const before = tf.memory().numTensors;
    await trained({ epochs: 2, onProgress: (progress) => reports.push(progress) });
    expect(tf.memory().numTensors).toBe(before);
    expect(reports.at(-1)).toMatchObject({ epoch: 2, epochs: 2, step: 20, steps: 20 });
    expect(reports.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    for (const { loss, accuracy } of reports) {
      expect(loss).toBeGreaterThan(0);
      expect(accuracy).toBeGreaterThanOrEqual(0);
      expect(accuracy).toBeLessThanOrEqual(1);
    }
  });

  test("stops when it is aborted, before and between steps", async () => {
    await expect(trained({ signal: AbortSignal.abort() })).rejects.toThrow(/aborted/);
    const controller = new AbortController();
    let steps = 0;
    const onProgress = ({ step }: TrainingProgress) => {
      steps = step;
      if (step === 3) controller.abort(new Error("enough"));
    };
    await expect(trained({ epochs: 50, signal: controller.signal, onProgress })).rejects.toThrow("enough");
    expect(steps).toBe(3);
  });

  test("a timer can abort it: steps leave the event loop its turns", async () => {
    await expect(trained({ epochs: 10_000, signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/);
  });

  test("continues from a model: with a vanishing learning rate, that model stays", async () => {
    const few = { architecture: "lenet1", dataset: sliceDataset(dataset, 0, 96) };
    const first = await trained({ ...few, seed: 1 });
    const second = await trained({
      ...few,
      seed: 2,
      initialModel: first,
      learningRate: 1e-12,
    });
    const { images } = selectImages(sliceDataset(dataset, 0, 5));
    const before = modelForward(first, images).at(-1)!;
    const after = modelForward(second, images).at(-1)!;
    after.data.forEach((value, i) => expect(value).toBeCloseTo(before.data[i], 5));
  });

  test("an initial model of another architecture is refused", async () => {
    const initialModel = await trained({ architecture: "mnist-small" });
    await expect(trained({ architecture: "lenet1", initialModel })).rejects.toThrow(
      /expected an initial model of layers convolutional 4×1×5×5 → .*, got convolutional 4×1×7×7/,
    );
  });

  test("learns a table", async () => {
    const rows = sliceDataset(await loadDataset("breast-cancer", "train"), 0, 320);
    const { epochs, network } = await train({
      architecture: "breast-cancer",
      dataset: rows,
      backend: "wasm",
      epochs: 20,
    });
    network.dispose();
    expect(epochs[19].loss).toBeLessThan(0.6 * epochs[0].loss);
    expect(epochs[19].accuracy).toBeGreaterThan(0.9);
  });

  test("a dataset that the architecture cannot take is refused, and so is moving a table", async () => {
    const rows = await loadDataset("breast-cancer", "train");
    await expect(trained({ dataset: rows })).rejects.toThrow(
      /mnist-small takes 28×28×1 and tells 10 classes apart, dataset breast-cancer holds 30 of 2 classes/,
    );
    await expect(trained({ architecture: "breast-cancer", maxShift: 0 })).rejects.toThrow(
      /breast-cancer takes 30 and tells 2 classes apart, dataset mnist holds 1×28×28 of 10/,
    );
    await expect(trained({ architecture: "breast-cancer", dataset: rows, maxShift: 1 })).rejects.toThrow(
      /maxShift: dataset breast-cancer holds 30, which cannot be moved; expected 0, got 1/,
    );
  });

  test.each<[Partial<TrainingOptions>, RegExp]>([
    [{ architecture: "resnet" }, /expected one of lenet1, lenet1-tanh, lenet1-12x12, mnist-small/],
    [{ architecture: undefined }, /expected an architecture, or a model to start from, got neither/],
    [{ epochs: 0 }, /train epochs: expected a whole number of at least 1, got 0/],
    [{ epochs: 1.5 }, /train epochs/],
    [{ batchSize: 0 }, /train batchSize/],
    [{ learningRate: NaN }, /train learningRate/],
    [{ clipNorm: 0 }, /train clipNorm/],
    [{ labelSmoothing: 1 }, /train labelSmoothing/],
    [{ weightDecay: -1 }, /train weightDecay/],
    [{ maxShift: 28 }, /train maxShift/],
    [{ seed: -1 }, /train seed: expected a whole number from 0/],
    [{ backend: "webgl" }, /expected one of wasm, tensorflow/],
  ])("refuses %p", async (options, message) => {
    await expect(trained(options)).rejects.toThrow(message);
    await expect(trained(options)).rejects.toBeInstanceOf(InputError);
  });

  test("says so when the loss runs away", async () => {
    const model = await trained();
    const layers = model.layers.map((layer) =>
      layer.kind === "convolutional" ? { ...layer, bias: tensor([4], [1e20, 0, 0, 0]) } : layer,
    );
    await expect(trained({ initialModel: { ...model, layers } })).rejects.toThrow(
      /the loss became (NaN|Infinity) in epoch 1.*lower the learning rate/,
    );
  });
});
