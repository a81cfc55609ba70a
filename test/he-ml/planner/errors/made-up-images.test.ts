import { expect, test } from "@jest/globals";
import { linearLayer } from "../../../../src/he-ml/model/linear.js";
import { defineModel, modelForward } from "../../../../src/he-ml/model/model.js";
import { valueRanges, type ValueRange } from "../../../../src/he-ml/model/value-range.js";
import { imagesLikeKnown, noiseImages } from "../../../../src/he-ml/planner/errors/made-up-images.js";
import { maxAbs, tensor, type Tensor } from "../../../../src/he-ml/tensor/tensor.js";
import { smallModel } from "../../layers/small-model.js";

const seed = 5;
const shape = [1, 4, 4];
const bars = tensor(
  [1, ...shape],
  Float64Array.from({ length: 16 }, (_, i) => (i % 4 < 2 ? 2 : -1)),
);
const ranges = valueRanges(smallModel, bars, modelForward(smallModel, bars));
const largestOf = (batch: Tensor) => modelForward(smallModel, batch).map(({ data }) => maxAbs(data));

test("where no layer's range is known, it is noise over the range of inputs", () => {
  const [input] = ranges;
  const images = imagesLikeKnown(smallModel, 2, [input], seed);
  expect(images).toEqual(noiseImages(shape, 2, [input], seed));
  expect(images.shape).toEqual([2, ...shape]);
  expect(Math.min(...images.data)).toBeGreaterThanOrEqual(input.min);
  expect(Math.max(...images.data)).toBeLessThanOrEqual(input.max);
  expect(new Set(images.data).size).toBe(images.data.length);
});

test("its values come nearer to those known than noise does, layer by layer on the whole", () => {
  const farFromKnown = (batch: Tensor) =>
    largestOf(batch).reduce((sum, largest, i) => {
      const { min, max } = ranges[i + 1];
      return sum + Math.abs(Math.log(largest / (0.75 * Math.max(-min, max))));
    }, 0);
  const like = farFromKnown(imagesLikeKnown(smallModel, 2, ranges, seed));
  const noise = farFromKnown(noiseImages(shape, 2, ranges, seed));
  expect(like).toBeLessThan(noise);
});

test("images of nothing are chosen for no network, however small its values are", () => {
  const weights = tensor([1, 2], [1e-9, 1e-9]);
  const model = defineModel({
    name: "tiny",
    inputShape: [2],
    layers: [linearLayer({ name: "fc", weights })],
  });
  const known: ValueRange[] = [{ name: "fc", min: 0, max: 1000 }];
  expect(maxAbs(imagesLikeKnown(model, 2, known, seed).data)).toBeGreaterThan(0);
});
