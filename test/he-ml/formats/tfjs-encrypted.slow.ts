import { expect, test } from "@jest/globals";
import * as tfl from "@tensorflow/tfjs-layers";
import { readTfjs } from "../../../src/he-ml/formats/tfjs/read.js";
import { useBackend } from "../../../src/train/backend.js";
import { Square } from "../../../src/train/square-layer.js";
import { expectSameEncrypted } from "./encrypted.js";
import { randomTensor } from "./onnx-support.js";
import { encode, predict, randomizeWeights, save } from "./tfjs-support.js";

test("a tfjs model runs encrypted", async () => {
  await useBackend("wasm");
  const { layers } = tfl;
  const network = tfl.sequential({
    layers: [
      layers.conv2d({ inputShape: [6, 6, 1], filters: 2, kernelSize: 3, padding: "same", strides: 2 }),
      layers.batchNormalization({}),
      new Square(),
      layers.averagePooling2d({ poolSize: 2, strides: 1 }),
      layers.flatten(),
      layers.dense({ units: 3 }),
    ],
  });
  randomizeWeights(network, 5);
  const { json, weights } = await save(network);
  const images = randomTensor([3, 1, 6, 6], 6);
  const expected = predict(network, images);
  network.dispose();
  const model = readTfjs(encode(json), { name: "net", file: () => weights });
  expect(model.layers.map(({ kind }) => kind).join(" ")).toBe(
    "convolutional identity square averagePool flatten linear",
  );
  await expectSameEncrypted(model, images, expected);
});
