import { beforeAll, describe, expect, test } from "@jest/globals";
import * as tfl from "@tensorflow/tfjs-layers";
import { InputError } from "../../../src/he-ml/errors.js";
import { readTfjs } from "../../../src/he-ml/formats/tfjs/read.js";
import { useBackend } from "../../../src/train/backend.js";
import { maxAbsDifference, thrownBy } from "../support.js";
import { encode, randomizeWeights, save, type SavedModel } from "./tfjs-support.js";
import { layers, read, type Layers, onFeatures } from "./read-tfjs-support.js";

beforeAll(async () => {
  await useBackend("wasm");
});

describe("weights of a tfjs model", () => {
  const saveDense = async () => {
    const network = onFeatures(layers.dense({ units: 4, name: "fc" }));
    randomizeWeights(network, 3);
    const saved = await save(network);
    network.dispose();
    return saved;
  };
  /** The saved model with another manifest of weights. */
  const withManifest = (
    saved: SavedModel,
    paths: string[],
    changes: Record<string, unknown>[] = [{}, {}],
  ) => {
    const [{ weights }] = saved.json.weightsManifest as { weights: Record<string, unknown>[] }[];
    const specs = weights.map((spec, i) => ({ ...spec, ...changes[i] }));
    return { ...saved.json, weightsManifest: [{ paths, weights: specs }] };
  };

  test("may lie in several files", async () => {
    const saved = await saveDense();
    const parts = new Map([
      ["a.bin", saved.weights.subarray(0, 50)],
      ["b.bin", saved.weights.subarray(50)],
    ]);
    const file = (path: string) => parts.get(path)!;
    const json = withManifest(saved, ["a.bin", "b.bin"]);
    expect(readTfjs(encode(json), { name: "net", file })).toEqual(read(saved));
  });

  test.each([
    ["uint8", Uint8Array, 255],
    ["uint16", Uint16Array, 65535],
  ] as const)("may be quantized to %s", async (dtype, Stored, largest) => {
    const saved = await saveDense();
    const values = new Float32Array(saved.weights.buffer);
    const [min, scale] = [-0.5, 1 / largest];
    const kernel = new Uint8Array(
      new Stored(Array.from(values.subarray(0, 24), (v) => Math.round((v - min) / scale))).buffer,
    );
    const weights = new Uint8Array([...kernel, ...saved.weights.subarray(96)]);
    const json = withManifest(saved, ["weights.bin"], [{ quantization: { dtype, min, scale } }, {}]);
    const [quantized, exact] = [read({ json, weights }), read(saved)].map(({ layers: [layer] }) => layer);
    expect(quantized).toMatchObject({ kind: "linear", name: "fc" });
    const difference = maxAbsDifference(
      (quantized as { weights: { data: Float64Array } }).weights.data,
      (exact as { weights: { data: Float64Array } }).weights.data,
    );
    expect(difference).toBeLessThanOrEqual(scale);
    expect(difference).toBeGreaterThan(0);
  });

  test.each<[string, (saved: SavedModel) => SavedModel, RegExp]>([
    [
      "are too short",
      (saved) => ({ ...saved, weights: saved.weights.subarray(4) }),
      /expected 112 bytes .* got 108/,
    ],
    [
      "are missing",
      ({ json }) => ({ json: { ...json, weightsManifest: [] }, weights: new Uint8Array() }),
      /"fc": expected a kernel/,
    ],
    [
      "have another shape",
      (saved) => ({ ...saved, json: withManifest(saved, ["w"], [{ shape: [4, 6] }, {}]) }),
      /its units is 4, but its weights say 6/,
    ],
    [
      "are text",
      (saved) => ({ ...saved, json: withManifest(saved, ["w"], [{ dtype: "string" }, {}]) }),
      /expected one of float32, .* got "string"/,
    ],
    [
      "say what is not understood",
      (saved) => ({ ...saved, json: withManifest(saved, ["w"], [{ layout: "transposed" }, {}]) }),
      /weightsManifest: 0\.weights\.0: .*layout/,
    ],
    [
      "are quantized without a scale",
      (saved) => ({
        json: withManifest(saved, ["w"], [{ quantization: { dtype: "uint8" } }, {}]),
        weights: saved.weights.subarray(0, 40),
      }),
      /quantized without min and scale/,
    ],
    [
      "have a shape beyond reason",
      (saved) => ({ ...saved, json: withManifest(saved, ["w"], [{ shape: [2 ** 31, 2 ** 21] }, {}]) }),
      /expected at most 33554432 weights, got 4503599627370500/,
    ],
  ])("that %s are refused", async (_what, change, message) => {
    const changed = change(await saveDense());
    const error = thrownBy(() => read(changed));
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(message);
  });
});

describe("tfjs models that are refused", () => {
  const refusal = (saved: SavedModel) => {
    const error = thrownBy(() => read(saved));
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(/^.+$/);
    return (error as InputError).message;
  };

  test("every layer that can neither be encrypted nor run is named, and those that can only run", async () => {
    const network = onFeatures(
      layers.dense({ units: 4, activation: "relu", name: "fc" }),
      layers.layerNormalization({ name: "norm" }),
      layers.dense({ units: 4, activation: "softmax", name: "inner" }),
      layers.dense({ units: 4, activation: "softmax", name: "head" }),
    );
    expect(refusal(await save(network))).toBe(
      'model "net" has 3 layers that cannot be encrypted: ' +
        'layer 1 "fc.relu" (relu): put a square (x * x) or a fitted polynomial in its place and train again; ' +
        'layer 2 "norm" (LayerNormalization): leave it out, it divides by statistics that the server cannot see; ' +
        'layer 4 "inner.softmax" (softmax): leave it out, the client applies it after decryption',
    );
  });

  test("a residual connection", async () => {
    const input = tfl.input({ shape: [6] });
    const hidden = layers.dense({ units: 6, name: "hidden" }).apply(input) as tfl.SymbolicTensor;
    const sum = layers.add({ name: "skip" }).apply([input, hidden]) as tfl.SymbolicTensor;
    expect(refusal(await save(tfl.model({ inputs: input, outputs: sum })))).toMatch(
      /^model "net": layer "skip" takes \["input\d*","hidden"\]; only models whose layers form one chain/,
    );
  });

  test.each<[string, () => Layers, RegExp]>([
    [
      "channels first",
      () => [layers.averagePooling2d({ dataFormat: "channelsFirst", poolSize: 1 })],
      /data_format/,
    ],
    ["a batch normalization of rows", () => [layers.batchNormalization({ axis: 1 })], /expected axis 3/],
    ["an output of flattened images", () => [layers.flatten()], /end the model with a Dense layer/],
    ["a dense layer without flatten", () => [layers.dense({ units: 2 })], /flatten layer before it/],
  ])("%s", async (_what, make, message) => {
    const network = tfl.sequential({ layers: [layers.inputLayer({ inputShape: [9, 8, 2] }), ...make()] });
    expect(refusal(await save(network))).toMatch(message);
  });

  test.each<[string, unknown, RegExp]>([
    ["a graph model", { format: "graph-model", modelTopology: {} }, /"layers-model", got "graph-model"/],
    ["no topology", {}, /modelTopology: the whole/],
    ["another JSON", [1, 2], /^model "[^"]+": model\.json: /],
    [
      "no layers",
      { modelTopology: { class_name: "Sequential", config: { layers: [] } } },
      /batch_input_shape/,
    ],
    [
      "an open image size",
      {
        modelTopology: {
          class_name: "Sequential",
          config: {
            layers: [
              { class_name: "Conv2D", config: { name: "c", batch_input_shape: [null, null, null, 1] } },
            ],
          },
        },
      },
      /batch_input_shape/,
    ],
  ])("%s", (_what, json, message) => {
    expect(refusal({ json: json as Record<string, unknown>, weights: new Uint8Array() })).toMatch(message);
  });

  test("models nested without end", () => {
    let config: Record<string, unknown> = { name: "innermost", layers: [] };
    for (let depth = 0; depth < 1000; depth++) {
      config = { name: `level${depth}`, layers: [{ class_name: "Sequential", config }] };
    }
    const json = { modelTopology: { class_name: "Sequential", config } };
    expect(refusal({ json, weights: new Uint8Array() })).toMatch(/nested too deeply/);
  });
});
