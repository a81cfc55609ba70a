import { expect, test } from "@jest/globals";
import * as tfl from "@tensorflow/tfjs-layers";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadModel } from "../../../src/he-ml/node/files/load-model.js";
import { readTfjs } from "../../../src/he-ml/formats/tfjs/read.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
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

test("a safetensors file with a description runs encrypted", async () => {
  const folder = new URL("../../fixtures/safetensors/", import.meta.url);
  const { description, inputs, outputs } = JSON.parse(
    readFileSync(new URL("cases.json", folder), "utf8"),
  ) as {
    description: unknown;
    inputs: number[][];
    outputs: { F32: number[][] };
  };
  const model = await loadModel(fileURLToPath(new URL("F32.safetensors", folder)), { description });
  await expectSameEncrypted(model, tensor([2, 2, 8, 8], inputs.flat()), tensor([2, 3], outputs.F32.flat()));
});
