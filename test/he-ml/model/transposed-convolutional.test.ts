import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { runOnnx } from "../../../src/he-ml/node/onnx/run.js";
import { readTorch } from "../../../src/he-ml/formats/torch/read.js";
import { applied, foldedBefore, foldedBehind } from "../../../src/he-ml/model/channel-map.js";
import { layerInWords } from "../../../src/he-ml/model/layer-in-words.js";
import { layerForward, modelForward } from "../../../src/he-ml/model/model.js";
import { transposedConvolutionalLayer } from "../../../src/he-ml/model/transposed-convolutional.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import {
  expectSameInFloat32,
  floats,
  node,
  onnxFile,
  randomTensor,
  type AttributeValue,
} from "../formats/onnx-support.js";
import * as p from "../formats/torch/pickles.js";
import { torchZip } from "../formats/torch/zip.js";
import { layerCases } from "../layers/random-layers.js";
import { maxAbsDifference, thrownBy } from "../support.js";
import { checkProgram, images, layer } from "./transposed-convolutional.js";

test("every pixel spreads over the outputs under the kernel, a stride apart", () => {
  const spread = transposedConvolutionalLayer({
    weights: tensor([1, 1, 2, 2], [1, 2, 3, 4]),
    bias: tensor([1], [10]),
    stride: 2,
    outputPadding: 1,
  });
  const output = layerForward(spread, tensor([1, 1, 1, 2], [1, -1]));
  expect(output.shape).toEqual([1, 1, 3, 5]);
  expect([...output.data]).toEqual([11, 12, 9, 8, 10, 13, 14, 7, 6, 10, 10, 10, 10, 10, 10]);
  const overlapping = transposedConvolutionalLayer({ weights: tensor([1, 1, 1, 2], [1, 2]) });
  expect([...layerForward(overlapping, tensor([1, 1, 1, 2], [1, 10])).data]).toEqual([1, 12, 20]);
  const dilated = transposedConvolutionalLayer({
    weights: tensor([1, 1, 1, 2], [1, 2]),
    dilation: 3,
    outputPadding: [0, 2],
  });
  expect([...layerForward(dilated, tensor([1, 1, 1, 2], [1, 10])).data]).toEqual([1, 10, 0, 2, 20, 0, 0]);
});

test("its words tell its geometry", () => {
  expect(layerInWords(layer)).toBe(
    "transposed convolutional 2×3, stride 2×1, padding 0×1, 2 groups, dilation 1×2",
  );
});

test("maps of channels fold into it, on either side", () => {
  const kinds = layerCases("transposedConvolutional");
  fc.assert(
    fc.property(kinds, fc.nat(9999), ({ layer: drawn, batch }, seed) => {
      const up = drawn as typeof layer;
      const gains = (channels: number) => randomTensor([channels], seed).data;
      const behind = {
        gains: gains(up.weights.shape[1] * up.groups),
        offsets: gains(up.weights.shape[1] * up.groups),
      };
      const before = { gains: gains(up.weights.shape[0]), offsets: new Float64Array(up.weights.shape[0]) };
      const of = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        expect(maxAbsDifference(a, b)).toBeLessThan(1e-12);
      of(layerForward(foldedBehind(up, behind), batch).data, applied(behind, layerForward(up, batch)).data);
      of(layerForward(foldedBefore(before, up), batch).data, layerForward(up, applied(before, batch)).data);
    }),
    { seed: 65, numRuns: 60 },
  );
});

describe("what a file says is what is computed", () => {
  test("ONNX's ConvTranspose, as onnxruntime runs it", async () => {
    const bytes = onnxFile({
      input: ["n", 4, 3, 3],
      nodes: [
        node("ConvTranspose", ["input", "w", "b"], "output", {
          group: 2,
          kernel_shape: [2, 3],
          strides: [2, 1],
          pads: [0, 1, 0, 1],
          output_padding: [1, 0],
          dilations: [1, 2],
        }),
      ],
      initializers: [floats("w", layer.weights), floats("b", layer.bias!)],
      outputRank: 4,
    });
    const network = readOnnx(bytes);
    expect(network.layers.map(({ kind }) => kind)).toEqual(["transposedConvolutional"]);
    expectSameInFloat32(modelForward(network, images).at(-1)!, await runOnnx(bytes, images));
    expectSameInFloat32(layerForward(layer, images), await runOnnx(bytes, images));
  });

  test.each<Record<string, AttributeValue>>([
    { auto_pad: "SAME_UPPER", strides: [2, 2] },
    { auto_pad: "SAME_LOWER", strides: [2, 1] },
    { output_shape: [4, 4], strides: [2, 1] },
  ])("ONNX's %j, as onnxruntime runs it", async (attributes) => {
    const bytes = onnxFile({
      input: ["n", 4, 3, 3],
      nodes: [node("ConvTranspose", ["input", "w"], "output", { group: 2, ...attributes })],
      initializers: [floats("w", layer.weights)],
      outputRank: 4,
    });
    expectSameInFloat32(modelForward(readOnnx(bytes), images).at(-1)!, await runOnnx(bytes, images));
  });

  test.each([
    [{ output_shape: [6, 6] }, "output_shape"],
    [{ auto_pad: "SAME" }, '"SAME"'],
  ])("ONNX's %j is refused", (attributes, named) => {
    const bytes = onnxFile({
      input: ["n", 4, 3, 3],
      nodes: [node("ConvTranspose", ["input", "w"], "output", { group: 2, ...attributes })],
      initializers: [floats("w", layer.weights)],
    });
    expect((thrownBy(() => readOnnx(bytes)) as Error).message).toContain(named);
  });

  test("PyTorch's ConvTranspose2d, pickled", async () => {
    const storageOf = (key: string, count: number) =>
      p.sequence(
        p.tuple(
          p.unicode("storage"),
          p.global("torch", "DoubleStorage"),
          p.unicode(key),
          p.unicode("cpu"),
          p.integer(count),
        ),
        "Q",
      );
    const pickled = (key: string, shape: readonly number[]) => {
      const steps = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
      const sizes = (values: readonly number[]) => p.tuple(...values.map(p.integer));
      const storage = storageOf(key, shape[0] * steps[0]);
      return p.reduce(
        p.global("torch._utils", "_rebuild_tensor_v2"),
        p.tuple(storage, p.integer(0), sizes(shape), sizes(steps)),
      );
    };
    const pair = (a: number, b: number) => p.tuple(p.integer(a), p.integer(b));
    const module = p.torchModule(
      "conv",
      "ConvTranspose2d",
      ["in_channels", p.integer(4)],
      ["out_channels", p.integer(6)],
      ["kernel_size", pair(2, 3)],
      ["stride", pair(2, 1)],
      ["padding", pair(0, 1)],
      ["output_padding", pair(1, 0)],
      ["dilation", pair(1, 2)],
      ["groups", p.integer(2)],
      ["padding_mode", p.unicode("zeros")],
      [
        "_parameters",
        p.dictionary(
          [p.unicode("weight"), pickled("0", [4, 3, 2, 3])],
          [p.unicode("bias"), pickled("1", [6])],
        ),
      ],
    );
    const bytesOf = ({ buffer }: Float64Array) => new Uint8Array(buffer as ArrayBuffer);
    const file = torchZip(p.pickle(p.sequential(module)), {
      0: bytesOf(layer.weights.data),
      1: bytesOf(layer.bias!.data),
    });
    const network = await readTorch(file, { name: "net", inputShape: [4, 3, 3] });
    expect(network.layers).toEqual([{ ...layer, name: "0" }]);
  });
});

// In packing batch: see transposed-convolutional.slow.ts.
test("a program of it computes encrypted images: packed", () => checkProgram("packed"));

test.each([
  [
    { weights: tensor([2, 1, 1], [1, 2]) },
    "expected weights [inChannels, outChannels / groups, kernelHeight",
  ],
  [{ groups: 3 }, "4 input channels cannot be cut into 3 groups"],
  [{ bias: tensor([5], [1, 2, 3, 4, 5]) }, "expected a bias of 6 values, got 5"],
  [
    { outputPadding: [2, 0] as const },
    "expected an outputPadding smaller than stride 2×1 or dilation 1×2, got 2×0",
  ],
])("options that do not fit are refused: %#", (options, message) => {
  const error = thrownBy(() => transposedConvolutionalLayer({ ...layer, ...options }));
  expect((error as Error).message).toContain(`transposedConvolutional "up": ${message}`);
});

test("images that do not fit are refused", () => {
  expect(() => layerForward(layer, randomTensor([1, 3, 3, 3], 1))).toThrow(
    'transposedConvolutional "up": input has 3 channels, weights expect 4',
  );
  const narrow = transposedConvolutionalLayer({ name: "up", weights: tensor([1, 1, 1, 1], [1]), padding: 1 });
  expect(() => layerForward(narrow, randomTensor([1, 1, 2, 2], 1))).toThrow(
    "its padding cuts all of the output off, images of 2×2 give 0×0",
  );
});
