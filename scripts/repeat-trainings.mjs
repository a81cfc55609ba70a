// Trains LeNet-1 again and again, each time from another seed: with tanh, converted to squares, and with squares from the start.
// Lesson 6 shows the mean and the spread. Few images and epochs, so that a seed takes about a minute.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { writeOnnx } from "../dist/he-ml/node/onnx/index.js";
import {
  loadDataset,
  makeHeFriendly,
  measureAccuracy,
  selectImages,
  sliceDataset,
  train,
} from "../dist/train/index.js";
import { toPlainNetwork } from "../dist/train/to-model.js";

const file = new URL("../models/lenet1-tanh/repeated-trainings.json", import.meta.url);
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
const setting = { trainImages: 10_000, epochs: 6, fineTuningEpochs: 2, fittingImages: 1000, backend: "wasm" };

/** What one seed gives: shares of the 10,000 test images that are read rightly. */
export async function trainedFrom(seed) {
  const dataset = sliceDataset(await loadDataset("mnist", "train"), 0, setting.trainImages);
  const testSet = await loadDataset("mnist", "test");
  const accuracyOf = (model) => measureAccuracy(writeOnnx(model), testSet);
  const trained = async (options) => {
    const { network } = await train({ dataset, seed, backend: setting.backend, ...options });
    const model = toPlainNetwork(network, "lenet1");
    network.dispose();
    return model;
  };
  const tanh = await trained({ architecture: "lenet1-tanh", epochs: setting.epochs });
  const { images } = selectImages(sliceDataset(dataset, 0, setting.fittingImages));
  const converted = makeHeFriendly(tanh, images, "square");
  const tuned = await trained({ initialModel: converted, epochs: setting.fineTuningEpochs });
  const squares = await trained({ architecture: "lenet1", epochs: setting.epochs });
  return {
    seed,
    tanh: await accuracyOf(tanh),
    replaced: await accuracyOf(converted),
    fineTuned: await accuracyOf(tuned),
    squaresFromTheStart: await accuracyOf(squares),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const trainings = [];
  for (const seed of seeds) {
    trainings.push(await trainedFrom(seed));
    process.stdout.write(`${JSON.stringify(trainings.at(-1))}\n`);
  }
  await writeFile(file, `${JSON.stringify({ setting, trainings }, null, 2)}\n`);
}
