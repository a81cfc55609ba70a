import { expect, test } from "@jest/globals";
import type { LayerTrace } from "../../../src/he-ml/layers/trace.js";
import { defineModel, flattenLayer } from "../../../src/he-ml/index.js";
import { inTurn, Recording } from "../../../src/he-ml/parameters-tester/recording.js";
import { testedPart } from "../../../src/he-ml/parameters-tester/tested-part.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { lazyParameters } from "../support.js";

const model = defineModel({ name: "flat", inputShape: [1, 1, 2], layers: [flattenLayer({ name: "flat" })] });
const images = tensor([2, 1, 1, 2], [1, 2, 4, 3]);
const state = { level: 2, scaleBits: 20, modulusBits: 110 };
const trace = {
  ...{ name: "flat", kind: "flatten", modelLayers: [0], shape: [2], before: state, after: state },
  ...{ milliseconds: 2, bytes: 10 },
} as unknown as LayerTrace;

test("images that fill several slots are samples of the same values: their errors count, a flipped image once", () => {
  const recording = new Recording(testedPart(model, images), lazyParameters);
  recording.add(trace, tensor([6, 2], [1, 2, 4, 3, 2.5, 2, 4, 3, 2.5, 2, 4, 3.125]));
  const [line] = recording.lines();
  expect(line).toMatchObject({
    ...{ max_error: 1.5, max_error_position: [0, 0], cipher_value: 2.5, plain_value: 1, argmax_flips: 1 },
    ...{ mean_error: 3.125 / 12, milliseconds: 2, bytes: 10, min_noise: null },
  });
  expect(line.after.headroom_bits).toBeCloseTo(109.99 - 20 - 1 - 2, 0);
});

test("runs of one image each add up, and a position is that of the image", () => {
  const recording = new Recording(testedPart(model, images), lazyParameters);
  for (const values of [
    [1, 2],
    [4, 3.5],
  ]) {
    recording.begin();
    recording.add(trace, tensor([1, 2], values));
  }
  expect(recording.lines()[0]).toMatchObject({
    ...{ max_error: 0.5, max_error_position: [1, 1], argmax_flips: 0, milliseconds: 4, bytes: 20 },
  });
  expect(recording.milliseconds).toBe(4);
});

test("images in turn begin anew, and end in the middle", () => {
  expect([...inTurn(images, 3).data]).toEqual([1, 2, 4, 3, 1, 2]);
  expect(inTurn(images, 1)).toEqual(tensor([1, 1, 1, 2], [1, 2]));
});
