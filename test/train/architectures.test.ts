import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import { architectureNames, requireArchitectureName } from "../../src/train/architecture-name.js";
import { buildNetwork } from "../../src/train/architectures.js";
import { useBackend } from "../../src/train/backend.js";

const layerNames: Record<string, string[]> = {
  lenet1: ["conv1", "square1", "pool1", "conv2", "square2", "pool2", "flatten", "fc1"],
  "lenet1-12x12": ["conv1", "square1", "pool1", "conv2", "square2", "pool2", "flatten", "fc1"],
  "mnist-small": ["conv1", "square1", "flatten", "fc1", "square2", "fc2"],
  "lenet1-tanh": ["conv1", "tanh1", "pool1", "conv2", "tanh2", "pool2", "flatten", "fc1"],
  "breast-cancer": ["fc1", "square1", "fc2"],
  table: ["fc1", "square1", "fc2"],
};

const lastFeatures: Record<string, number> = {
  lenet1: 192,
  "lenet1-tanh": 192,
  "lenet1-12x12": 48,
  "mnist-small": 64,
  "breast-cancer": 16,
  table: 16,
};

beforeAll(async () => {
  await useBackend("wasm");
});

describe.each([...architectureNames])("the architecture %s", (name) => {
  test("has the layers and shapes that the rest of the project counts on", () => {
    const network = buildNetwork(name, 1);
    expect(network.layers.map((layer) => layer.name)).toEqual(layerNames[name]);
    const inputs = network.layers.at(-1)!.input as tfl.SymbolicTensor;
    expect(inputs.shape).toEqual([null, lastFeatures[name]]);
    expect(network.outputs[0].shape).toEqual([null, lastFeatures[name] === 16 ? 2 : 10]);
    network.dispose();
  });

  test("can be serialised, squares included", () => {
    const network = buildNetwork(name, 1);
    const copy = tfl.Sequential.fromConfig(
      tfl.Sequential,
      network.getConfig() as Parameters<typeof tfl.Sequential.fromConfig>[1],
    ) as tfl.Sequential;
    expect(copy.layers.map((layer) => [layer.name, layer.getClassName()])).toEqual(
      network.layers.map((layer) => [layer.name, layer.getClassName()]),
    );
    copy.dispose();
    network.dispose();
  });

  test.each([0, 1])("starts from the same weights for seed %i, from others for another", (seed) => {
    const weightsFor = (value: number): Float32Array[] => {
      const network = buildNetwork(name, value);
      const weights = network.getWeights().map((weight) => weight.dataSync<"float32">());
      network.dispose();
      return weights;
    };
    expect(weightsFor(seed)).toEqual(weightsFor(seed));
    expect(weightsFor(seed)).not.toEqual(weightsFor(seed + 1));
  });
});

test("an unknown architecture is refused with the known ones", () => {
  expect(() => requireArchitectureName("resnet")).toThrow(InputError);
  expect(() => buildNetwork("resnet", 1)).toThrow(
    'architecture: expected one of lenet1, lenet1-tanh, lenet1-12x12, mnist-small, breast-cancer, table, got "resnet"',
  );
});
