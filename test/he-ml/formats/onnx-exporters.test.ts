import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { parseDescription } from "../../../src/he-ml/formats/description.js";
import { loadModel } from "../../../src/he-ml/node/files/load-model.js";
import { networkFromModules } from "../../../src/he-ml/formats/modules/network.js";
import { onnxSession } from "../../../src/he-ml/node/onnx/run.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { maxAbs, reshape, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { maxAbsDifference } from "../support.js";
import { loadExported } from "./onnx-fixtures.js";

/** The layers of each network; `identity` is a module that the exporter left out or folded into another. */
const torchNetworks: Record<string, { kinds: string; exporters?: string[] }> = {
  squares: {
    kinds: "convolutional square averagePool convolutional square flatten linear square identity linear",
    exporters: ["old", "unfolded-old", "new"],
  },
  named: {
    kinds: "convolutional square averagePool convolutional square averagePool flatten linear square linear",
  },
  windows: {
    kinds: "convolutional averagePool convolutional averagePool padding convolutional flatten linear",
    exporters: ["old", "opset10-old"],
  },
  "batch-norm": {
    kinds: "convolutional identity square averagePool convolutional averagePool flatten linear",
    exporters: ["old", "unfolded-old", "new"],
  },
  view: { kinds: "convolutional square flatten linear" },
  mean: { kinds: "convolutional averagePool flatten linear" },
  "mean-kept": { kinds: "convolutional averagePool flatten" },
  polynomials: {
    kinds: "linear polynomial linear polynomial linear polynomial linear",
    exporters: ["old", "unfolded-old", "new"],
  },
  // The factors of the channels go into the convolution behind them.
  "normalized-input": { kinds: "identity convolutional flatten" },
  "plain-only": {
    kinds: "convolutional activation maxPool convolutional activation flatten linear activation linear",
  },
};

const kerasNetworks: Record<string, string> = {
  squares: "convolutional square averagePool convolutional square flatten linear square linear",
  "many-forms": "convolutional square averagePool convolutional polynomial flatten linear linear",
  "global-pool": "convolutional square averagePool flatten linear",
  "norms-apart": "convolutional convolutional averagePool flatten linear",
  "plain-only": "convolutional activation maxPool activation flatten linear activation",
  dense: "linear square linear",
};

const all: [name: string, exporter: string, kinds: string][] = [
  ...Object.entries(torchNetworks).flatMap(([name, { kinds, exporters = ["old", "new"] }]) =>
    exporters.map((exporter): [string, string, string] => [name, exporter, kinds]),
  ),
  // The newer exporter moves the padding into the convolution behind it.
  [
    "windows",
    "new",
    "convolutional averagePool convolutional averagePool identity convolutional flatten linear",
  ],
  ...Object.entries(kerasNetworks).map(([name, kinds]): [string, string, string] => [name, "tf2onnx", kinds]),
];

describe("what exporters write", () => {
  test.each(all)("%s, %s: gives what the network gave, to 1e-5", async (name, exporter, kinds) => {
    const { path, network, inputs, outputs } = await loadExported(name, exporter);
    expect(network.layers.map(({ kind }) => kind).join(" ")).toBe(kinds);
    const ours = modelForward(network, inputs).at(-1)!;
    const tolerance = 1e-5 * Math.max(1, maxAbs(outputs.data));
    expect(maxAbsDifference(ours.data, outputs.data)).toBeLessThan(tolerance);

    const session = await onnxSession(path);
    const theirs = await session.run(inputs).finally(() => session.release());
    expect(maxAbsDifference(theirs.data, outputs.data)).toBeLessThan(tolerance);
    expect(reshape(theirs, ours.shape).shape).toEqual(ours.shape);
  });

  test.each(["old", "unfolded-old", "new"])("layers bear the modules' names, %s", async (exporter) => {
    const { network } = await loadExported("squares", exporter);
    expect(network.layers.map(({ name }) => name).join(" ")).toBe("0 1 2 3 4 5 6 7 8 9");
  });

  test.each(["old", "unfolded-old", "new"])(
    "layers are those of the modules themselves, %s",
    async (exporter) => {
      const { network } = await loadExported("squares", exporter);
      const layers = [
        { type: "Conv2d", padding: 1 },
        { type: "Square" },
        { type: "AvgPool2d", kernel_size: 2 },
        { type: "Conv2d", stride: 2 },
        { type: "Square" },
        { type: "Flatten" },
        { type: "Linear" },
        { type: "Square" },
        { type: "Dropout" },
        { type: "Linear" },
      ];
      const tensors = new Map<string, Tensor>();
      for (const layer of network.layers) {
        if ("weights" in layer) tensors.set(`${layer.name}.weight`, layer.weights);
        if ("weights" in layer && layer.bias) tensors.set(`${layer.name}.bias`, layer.bias);
      }
      const { name, inputShape } = network;
      const { modules } = parseDescription({ layers });
      expect(network).toEqual(networkFromModules({ name, modules, tensors, inputShape }));
    },
  );

  test.each(["old", "new"])("functions between modules bear their kind, %s", async (exporter) => {
    const { network } = await loadExported("named", exporter);
    expect(network.layers.map(({ name }) => name).join(" ")).toBe(
      "conv1 square1 pool1 conv2 square2 pool2 flatten1 fc1 square3 fc2",
    );
  });

  test("Keras layers' names, where the file tells them", async () => {
    const { network } = await loadExported("global-pool", "tf2onnx");
    expect(network.layers.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^conv2d/),
      expect.stringMatching(/^lambda/),
      expect.stringMatching(/^global_average_pooling2d/),
      "flatten1",
      expect.stringMatching(/^dense/),
    ]);
  });

  test.each(["old", "new", "tf2onnx"])(
    "what runs on plain values is refused with remedies, %s",
    async (exporter) => {
      const { path } = await loadExported("plain-only", exporter);
      await expect(loadModel(path)).rejects.toThrow(
        /has 4 layers that cannot be encrypted: layer 1 .*\(relu\): put a square .*; layer 2 .*\(maxPool\): put an average pool .*\(tanh\).*\(sigmoid\)/,
      );
    },
  );

  test.each(["old", "new"])("a residual connection is refused, %s", async (exporter) => {
    const loading = loadExported("residual", exporter);
    await expect(loading).rejects.toThrow(InputError);
    await expect(loading).rejects.toThrow(/goes into Conv .* and again into Add .*residual connections/);
  });
});
