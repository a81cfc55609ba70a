import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import { defineModel } from "../../src/he-ml/model/model.js";
import { linearLayer } from "../../src/he-ml/model/linear.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import { measureAccuracy, measureValueRanges } from "../../src/train/evaluate.js";
import type { Dataset } from "../../src/train/dataset.js";
import { train } from "../../src/train/train.js";
import { rejectedBy } from "../he-ml/support.js";

const count = 6;
const initialModel = defineModel({
  name: "own",
  inputShape: [2],
  layers: [linearLayer({ name: "fc", weights: tensor([3, 2], [1, 0, 0, 1, 1, 1]) })],
});

const images: Dataset["images"] = {
  count,
  shape: [2],
  values: Float64Array.from({ length: 2 * count }, (_, i) => i % 5),
  divisor: 1,
};
const good: Dataset = {
  name: "mine",
  split: "train",
  classNames: ["a", "b", "c"],
  images,
  labels: Uint8Array.from({ length: count }, (_, i) => i % 3),
};

/** Fields of a dataset, of whatever type. */
type Wrong = Readonly<Record<string, unknown>>;

describe("a dataset that contradicts itself is refused before training, with the field that does", () => {
  test.each<[string, Wrong, RegExp]>([
    ["a label out of range", { labels: Uint8Array.of(0, 1, 2, 0, 7, 0) }, /labels\[4\]: .* 0 to 2, got 7$/],
    [
      "too few labels",
      { labels: new Uint8Array(5) },
      /labels: expected Uint8Array of 6 .* got Uint8Array of 5$/,
    ],
    [
      "labels of text",
      { labels: [..."abcabc"] },
      /labels: expected Uint8Array of 6 numbers, got array of 6$/,
    ],
    ["no labels", { labels: undefined }, /labels: expected Uint8Array of 6 numbers, got undefined$/],
    ["no names of classes", { classNames: undefined }, /classNames: expected a name for each class/],
    [
      "too few values",
      { images: { ...images, values: new Float64Array(7) } },
      /images.values: expected .* of 7$/,
    ],
    ["no images", { images: { ...images, count: 0 } }, /images.count: expected .* at least 1, got 0$/],
    ["nothing to divide by", { images: { ...images, divisor: 0 } }, /images.divisor: .* got 0$/],
    ["no shape", { images: { ...images, shape: [] } }, /images.shape: expected sizes/],
    [
      "a NaN",
      { images: { ...images, values: images.values.map((value, i) => (i === 5 ? NaN : value)) } },
      /images.values\[5\], of image 2: expected a finite number, got NaN$/,
    ],
  ])("%s", async (_what, wrong, message) => {
    const dataset = { ...good, ...wrong } as Dataset;
    const attempts = [
      () => train({ dataset, initialModel, epochs: 1 }),
      () => measureValueRanges(initialModel, dataset),
      () => measureAccuracy(new Uint8Array(), dataset),
    ];
    for (const attempt of attempts) {
      const error = await rejectedBy(attempt);
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toMatch(/^\w+: dataset "mine": /);
      expect((error as Error).message).toMatch(message);
    }
  });

  test("one in order is taken", async () => {
    const [input] = await measureValueRanges(initialModel, good);
    expect(input).toMatchObject({ name: "input", min: 0, max: 4 });
  });
});
