import * as fc from "fast-check";
import { layerPackings, type Packing } from "../../../src/he-ml/crypto/packing.js";
import { averagePoolLayer } from "../../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { identityLayer } from "../../../src/he-ml/model/identity.js";
import type { Padding } from "../../../src/he-ml/model/layer.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import type { Layer, LayerKind } from "../../../src/he-ml/model/model.js";
import { paddingLayer } from "../../../src/he-ml/model/padding.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { transposedConvolutionalLayer } from "../../../src/he-ml/model/transposed-convolutional.js";
import { unflattenLayer } from "../../../src/he-ml/model/unflatten.js";
import { sizeOf, zeros, type Shape, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { randomTensor, seededRandom } from "../support.js";

/** A layer and a batch that fits it. */
export interface LayerCase {
  readonly layer: Layer;
  readonly batch: Tensor;
  readonly packing: Packing;
}

/** How many of the numbers in a tensor are zero; "slices" zeroes the slices along the first axis in turn. */
const sparsities = ["none", "none", "none", "some", "slices", "all"] as const;
type Sparsity = (typeof sparsities)[number];

function sparseTensor(shape: Shape, seed: number, sparsity: Sparsity): Tensor {
  const { data } = randomTensor(shape, seed);
  const random = seededRandom(seed + 1);
  const sliceSize = data.length / shape[0];
  return {
    shape,
    data: data.map((value, i) => {
      if (sparsity === "all") return 0;
      if (sparsity === "some") return random() < 0.4 ? 0 : value;
      return sparsity === "slices" && Math.floor(i / sliceSize) % 2 === 0 ? 0 : value;
    }),
  };
}

const sizes = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const sides = (max: number): fc.Arbitrary<Padding> =>
  fc.record({ top: fc.nat(max), bottom: fc.nat(max), left: fc.nat(max), right: fc.nat(max) });
const numbers = fc.record({
  seed: fc.nat(99_999),
  weights: fc.constantFrom(...sparsities),
  bias: fc.constantFrom(undefined, ...sparsities),
});

type Drawn = readonly [layer: Layer, inputShape: Shape];

const convolutional = fc
  .record({
    numbers,
    groups: fc.integer({ min: 1, max: 3 }),
    channels: sizes(1, 2),
    image: sizes(1, 5),
    kernel: sizes(1, 3),
    stride: sizes(1, 3),
    dilation: sizes(1, 2),
    padding: sides(3),
  })
  .map(({ numbers: { seed, weights, bias }, groups, channels, image, kernel, padding, ...rest }): Drawn => {
    const outChannels = channels[1] * groups;
    const layer = convolutionalLayer({
      weights: sparseTensor([outChannels, channels[0], ...kernel], seed, weights),
      bias: bias && sparseTensor([outChannels], seed + 2, bias),
      groups,
      padding,
      ...rest,
    });
    const span = kernel.map((size, axis) => rest.dilation[axis] * (size - 1) + 1);
    const height = Math.max(image[0], span[0] - padding.top - padding.bottom);
    const width = Math.max(image[1], span[1] - padding.left - padding.right);
    return [layer, [channels[0] * groups, height, width]];
  });

const transposedConvolutional = fc
  .record({
    numbers,
    groups: fc.integer({ min: 1, max: 3 }),
    channels: sizes(1, 2),
    image: sizes(1, 3),
    kernel: sizes(1, 3),
    stride: sizes(1, 3),
    dilation: sizes(1, 2),
    padding: sides(2),
    outputPadding: sizes(0, 2),
  })
  .map(({ numbers: { seed, weights, bias }, groups, channels, image, kernel, ...rest }): Drawn => {
    const { stride, dilation, padding } = rest;
    // PyTorch takes up to what the dilation leaves, onnxruntime no more than the stride.
    const outputPadding = [0, 1].map((axis) => Math.min(rest.outputPadding[axis], stride[axis] - 1));
    const outChannels = channels[1] * groups;
    const layer = transposedConvolutionalLayer({
      weights: sparseTensor([channels[0] * groups, channels[1], ...kernel], seed, weights),
      bias: bias && sparseTensor([outChannels], seed + 2, bias),
      groups,
      ...rest,
      outputPadding: [outputPadding[0], outputPadding[1]],
    });
    // Large enough that the padding leaves a pixel of the output.
    const least = (axis: 0 | 1, cutOff: number) =>
      1 + Math.ceil(Math.max(0, cutOff - dilation[axis] * (kernel[axis] - 1)) / stride[axis]);
    const height = Math.max(image[0], least(0, padding.top + padding.bottom));
    const width = Math.max(image[1], least(1, padding.left + padding.right));
    return [layer, [channels[0] * groups, height, width]];
  });

const linear = fc
  .record({ numbers, features: sizes(1, 9) })
  .map(({ numbers: { seed, weights, bias }, features: [inputs, outputs] }): Drawn => [
    linearLayer({
      weights: sparseTensor([outputs, inputs], seed, weights),
      bias: bias && sparseTensor([outputs], seed + 2, bias),
    }),
    [inputs],
  ]);

const averagePool = fc
  .record({
    image: fc.tuple(fc.integer({ min: 1, max: 2 }), sizes(1, 6)),
    kernel: sizes(1, 4),
    stride: fc.option(sizes(1, 3), { nil: undefined }),
    padding: sides(2),
    countIncludePad: fc.boolean(),
  })
  .map(({ image: [channels, image], kernel, stride, padding, countIncludePad }): Drawn => {
    const half = (side: number, size: number) => Math.min(side, Math.floor(size / 2));
    const fitting: Padding = {
      top: half(padding.top, kernel[0]),
      bottom: half(padding.bottom, kernel[0]),
      left: half(padding.left, kernel[1]),
      right: half(padding.right, kernel[1]),
    };
    const height = Math.max(image[0], kernel[0] - fitting.top - fitting.bottom, 1);
    const width = Math.max(image[1], kernel[1] - fitting.left - fitting.right, 1);
    return [
      averagePoolLayer({ kernelSize: kernel, stride, padding: fitting, countIncludePad }),
      [channels, height, width],
    ];
  });

const anyShape = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 8 })),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
);
const imageShape = fc.tuple(
  fc.integer({ min: 1, max: 2 }),
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 3 }),
);

const drawn: { readonly [K in LayerKind]: fc.Arbitrary<Drawn> } = {
  convolutional,
  transposedConvolutional,
  linear,
  averagePool,
  // Up to degree 2, which takes one level; what more levels carry is tested apart.
  polynomial: fc
    .tuple(fc.array(fc.constantFrom(-2, -0.5, -0.1, 0, 0.25, 1, 3), { minLength: 2, maxLength: 3 }), anyShape)
    .map(([coefficients, shape]): Drawn => [polynomialLayer({ coefficients }), shape]),
  square: anyShape.map((shape): Drawn => [squareLayer(), shape]),
  flatten: anyShape.map((shape): Drawn => [flattenLayer(), shape]),
  unflatten: fc
    .tuple(fc.boolean(), imageShape)
    .map(([isFlat, shape]): Drawn => [
      unflattenLayer({ shape }),
      isFlat ? [sizeOf(shape)] : [shape[1], shape[0] * shape[2]],
    ]),
  identity: anyShape.map((shape): Drawn => [identityLayer(), shape]),
  padding: fc
    .tuple(sides(2), imageShape)
    .map(([padding, shape]): Drawn => [paddingLayer({ padding }), shape]),
};

export const layerKinds = Object.keys(drawn) as LayerKind[];

/** Layers of one kind with random shapes, options and numbers, zeros among them, on one to three images. */
export function layerCases(kind: LayerKind): fc.Arbitrary<LayerCase> {
  return fc
    .record({
      drawn: drawn[kind],
      packing: fc.constantFrom(...layerPackings),
      images: fc.integer({ min: 1, max: 3 }),
      seed: fc.nat(99_999),
      imageSparsity: fc.constantFrom(...sparsities),
    })
    .map(({ drawn: [layer, inputShape], packing, images, seed, imageSparsity }) => ({
      layer,
      batch:
        imageSparsity === "all"
          ? zeros([images, ...inputShape])
          : sparseTensor([images, ...inputShape], seed, imageSparsity),
      packing,
    }));
}
