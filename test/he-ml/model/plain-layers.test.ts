import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { runOnnx } from "../../../src/he-ml/node/onnx/run.js";
import { writeOnnx } from "../../../src/he-ml/formats/onnx/write.js";
import { averagePoolLayer } from "../../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel, modelForward, type Layer } from "../../../src/he-ml/model/model.js";
import { paddingLayer } from "../../../src/he-ml/model/padding.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { tensor, type Shape } from "../../../src/he-ml/tensor/tensor.js";
import { expectSameInFloat32, randomTensor } from "../formats/onnx-support.js";

/** Our plain forward of the layers against onnxruntime on the file that we write of them. */
async function expectAsOnnxruntime(layers: Layer[], inputShape: Shape, count: number, seed: number) {
  const model = defineModel({ name: "test", inputShape, layers });
  const batch = randomTensor([count, ...inputShape], seed);
  const output = modelForward(model, batch).at(-1)!;
  expectSameInFloat32(output, await runOnnx(writeOnnx(model), batch));
}

const upTo = (max: number, min = 1) => fc.integer({ min, max });
const pairUpTo = (max: number) => fc.tuple(upTo(max), upTo(max));
const paddingUpTo = (maxHeight: number, maxWidth = maxHeight) =>
  fc.record({
    top: upTo(maxHeight, 0),
    bottom: upTo(maxHeight, 0),
    left: upTo(maxWidth, 0),
    right: upTo(maxWidth, 0),
  });
const images = { count: upTo(3), seed: fc.integer() };

const convolutions = fc.record({
  ...images,
  groups: upTo(3),
  inPerGroup: upTo(3),
  outPerGroup: upTo(3),
  kernel: pairUpTo(4),
  stride: pairUpTo(3),
  dilation: pairUpTo(2),
  padding: paddingUpTo(3),
  hasBias: fc.boolean(),
  extra: fc.tuple(upTo(5, 0), upTo(5, 0)),
});

test("a convolution is what onnxruntime says", () =>
  fc.assert(
    fc.asyncProperty(convolutions, async (c) => {
      const outChannels = c.groups * c.outPerGroup;
      const layer = convolutionalLayer({
        weights: randomTensor([outChannels, c.inPerGroup, ...c.kernel], c.seed + 1),
        bias: c.hasBias ? randomTensor([outChannels], c.seed + 2) : undefined,
        groups: c.groups,
        stride: c.stride,
        dilation: c.dilation,
        padding: c.padding,
      });
      const size = c.kernel.map((kernel, axis) => c.dilation[axis] * (kernel - 1) + 1 + c.extra[axis]);
      await expectAsOnnxruntime([layer], [c.groups * c.inPerGroup, ...size], c.count, c.seed);
    }),
    { numRuns: 45 },
  ));

const averagePools = pairUpTo(4).chain((kernelSize) =>
  fc.record({
    ...images,
    kernelSize: fc.constant(kernelSize),
    stride: pairUpTo(3),
    padding: paddingUpTo(Math.floor(kernelSize[0] / 2), Math.floor(kernelSize[1] / 2)),
    countIncludePad: fc.boolean(),
    channels: upTo(3),
    extra: fc.tuple(upTo(5, 0), upTo(5, 0)),
  }),
);

test("an average pool is what onnxruntime says", () =>
  fc.assert(
    fc.asyncProperty(averagePools, async ({ kernelSize, channels, extra, count, seed, ...options }) => {
      const layer = averagePoolLayer({ kernelSize, ...options });
      const inputShape = [channels, kernelSize[0] + extra[0], kernelSize[1] + extra[1]];
      await expectAsOnnxruntime([layer], inputShape, count, seed);
    }),
    { numRuns: 35 },
  ));

const tails = fc.record({
  ...images,
  size: fc.tuple(upTo(3), upTo(4), upTo(4)),
  padding: paddingUpTo(2),
  outFeatures: upTo(6),
  hasBias: fc.boolean(),
});

test("padding, square, flatten and linear are what onnxruntime says", () =>
  fc.assert(
    fc.asyncProperty(tails, async ({ size: [channels, height, width], padding, ...t }) => {
      const { top, bottom, left, right } = padding;
      const features = channels * (height + top + bottom) * (width + left + right);
      const layers = [
        paddingLayer({ padding }),
        squareLayer(),
        flattenLayer(),
        linearLayer({
          weights: randomTensor([t.outFeatures, features], t.seed + 1),
          bias: t.hasBias ? randomTensor([t.outFeatures], t.seed + 2) : undefined,
        }),
      ];
      for (let length = 1; length <= layers.length; length++) {
        await expectAsOnnxruntime(layers.slice(0, length), [channels, height, width], t.count, t.seed);
      }
    }),
    { numRuns: 10 },
  ));

test("a convolution by hand", () => {
  const layer = convolutionalLayer({
    weights: tensor([1, 1, 2, 2], [1, 2, 3, 4]),
    bias: tensor([1], [100]),
    padding: { top: 1, bottom: 0, left: 0, right: 0 },
  });
  const model = defineModel({ name: "hand", inputShape: [1, 2, 3], layers: [layer] });
  const [output] = modelForward(model, tensor([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]));
  expect(output).toEqual(tensor([1, 1, 2, 2], [111, 118, 137, 147]));
});

test("an average pool by hand, with its padding and without", () => {
  const pool = (countIncludePad: boolean) => {
    const padding = { top: 1, bottom: 0, left: 1, right: 0 };
    const layer = averagePoolLayer({ kernelSize: 2, stride: 1, padding, countIncludePad });
    const model = defineModel({ name: "hand", inputShape: [1, 2, 2], layers: [layer] });
    return [...modelForward(model, tensor([1, 1, 2, 2], [4, 8, 12, 16]))[0].data];
  };
  expect(pool(true)).toEqual([1, 3, 4, 10]);
  expect(pool(false)).toEqual([4, 6, 8, 10]);
});
