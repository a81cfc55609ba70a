import { expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { readSafetensorsNetwork } from "../../../src/he-ml/formats/safetensors.js";
import { readTfjs } from "../../../src/he-ml/formats/tfjs/read.js";
import { fuzz } from "./fuzz.js";

const fixtures = new URL("../../fixtures/", import.meta.url);
const contents = (folder: string, ending: string) =>
  readdirSync(new URL(folder, fixtures))
    .filter((name) => name.endsWith(ending))
    .map((name) => new Uint8Array(readFileSync(new URL(`${folder}/${name}`, fixtures))));

/** A convolution, a dense layer and a batch normalization, as tfjs writes them. */
export function tfjsModel() {
  const weight = (name: string, shape: number[]) => ({ name, shape, dtype: "float32" });
  const layer = (class_name: string, config: object) => ({ class_name, config });
  const layers = [
    layer("Conv2D", {
      name: "conv",
      batch_input_shape: [null, 5, 5, 1],
      kernel_size: [3, 3],
      strides: [2, 1],
      padding: "same",
      activation: "linear",
      use_bias: true,
    }),
    layer("BatchNormalization", { name: "norm", axis: -1, epsilon: 0.001, center: false }),
    layer("Square", { name: "square" }),
    layer("AveragePooling2D", { name: "pool", pool_size: [2, 2], padding: "valid" }),
    layer("Flatten", { name: "flatten" }),
    layer("Dense", { name: "fc", use_bias: false, activation: "tanh" }),
  ];
  const weights = [
    weight("conv/kernel", [3, 3, 1, 2]),
    weight("conv/bias", [2]),
    weight("norm/gamma", [2]),
    weight("norm/moving_mean", [2]),
    weight("norm/moving_variance", [2]),
    weight("fc/kernel", [4, 3]),
  ];
  const numbers = Float32Array.from({ length: 38 }, (_, i) => (i % 7) / 4);
  const json = {
    format: "layers-model",
    modelTopology: { class_name: "Sequential", config: { name: "net", layers } },
    weightsManifest: [{ paths: ["weights.bin"], weights }],
  };
  return { json: new TextEncoder().encode(JSON.stringify(json)), weights: new Uint8Array(numbers.buffer) };
}

/** Tests that damage files of every format, `count` times each. */
export function testDamagedFiles(count: number): void {
  const options = { count, seed: 1 };

  test(`${count} damaged ONNX files`, async () => {
    const files = contents("onnx", ".onnx").filter((bytes) => bytes.length < 4000);
    const outcome = await fuzz(files, (bytes) => readOnnx(bytes, { name: "net" }), options);
    expect(Math.min(outcome.read, outcome.refused)).toBeGreaterThan(count / 20);
  });

  test(`${count} damaged tfjs models, and weights of them`, async () => {
    const { json, weights } = tfjsModel();
    const outcome = await fuzz(
      [json],
      (bytes) => readTfjs(bytes, { name: "net", file: () => weights }),
      options,
    );
    expect(Math.min(outcome.read, outcome.refused)).toBeGreaterThan(count / 20);
    const withWeights = await fuzz(
      [weights],
      (bytes) => readTfjs(json, { name: "net", file: () => bytes }),
      options,
    );
    expect(Math.min(withWeights.read, withWeights.refused)).toBeGreaterThan(count / 20);
  });

  test(`${count} damaged safetensors files`, async () => {
    const { description } = JSON.parse(readFileSync(new URL("safetensors/cases.json", fixtures), "utf8")) as {
      description: unknown;
    };
    const outcome = await fuzz(
      contents("safetensors", ".safetensors"),
      (bytes) => readSafetensorsNetwork(bytes, { name: "net", description: () => description }),
      options,
    );
    expect(Math.min(outcome.read, outcome.refused)).toBeGreaterThan(count / 20);
  });
}
