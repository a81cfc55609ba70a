import { expect, test } from "@jest/globals";
import { accuracyAt, type AccuracyOptions } from "../../../src/he-ml/service/accuracy.js";
import type { AccuracyReport } from "../../../src/he-ml/service/accuracy-report.js";
import { onServer } from "../../../src/he-ml/service/accuracy-session.js";
import { accuracySummary, logitErrors } from "../../../src/he-ml/service/accuracy-summary.js";
import { Server, compile, modelForward, typicalCosts } from "../../../src/he-ml/index.js";
import { argmax, imageAt, maxAbs, tensor, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { smallModel as model } from "../layers/small-model.js";
import { lazyParameters as parameters, randomTensor } from "../support.js";

const images = randomTensor([60, 1, 4, 4], 5);
const labels = Array.from({ length: 60 }, (_, i) => i % 3);
const costs = typicalCosts;
const program = await compile(model, { parameters, costs, evaluator: "seal", samples: images });
const plain = modelForward(model, images).at(-1)!;

const measure = (options: AccuracyOptions = {}, given: Tensor = images, wanted = labels) =>
  accuracyAt(onServer(Server, options), program, given, wanted, options);
const kept: AccuracyReport[] = [];
const whole = await measure({ dataset: "waves", index: 7, onResult: (_, report) => void kept.push(report) });

test("each image's logits stand beside the plain ones, chunk by chunk", () => {
  expect(kept.map(({ chunks }) => chunks.map((chunk) => [chunk.first, chunk.images.length]))).toEqual([
    [[0, 50]],
    [
      [0, 50],
      [50, 10],
    ],
  ]);
  const summary = accuracySummary(whole);
  const predicted = labels.map((_, i) => argmax(imageAt(plain, i).data));
  const right = predicted.filter((one, i) => one === labels[i]).length;
  expect(summary).toMatchObject({ model: "small", packing: "packed", dataset: "waves", index: 7, count: 60 });
  expect(summary.plainAccuracy).toBe(right / 60);
  expect(summary.confusionMatrix.flat().reduce((sum, count) => sum + count)).toBe(60);
  const errors = logitErrors(whole);
  expect(errors).toHaveLength(180);
  expect(summary.maxAbsError).toBe(maxAbs(errors));
  expect(summary.maxAbsError).toBeGreaterThan(0);
  expect(summary.maxAbsError).toBeLessThan(0.05 * summary.largestLogit);
  for (const { index, predicted: flipped, plainPredicted, plainGap } of summary.flipped) {
    expect(plainPredicted).toBe(predicted[index - 7]);
    expect(flipped).not.toBe(plainPredicted);
    expect(plainGap).toBeLessThanOrEqual(2 * summary.maxAbsError);
  }
});

test("a flip is told by its place, its predictions and how near its logits are", () => {
  const [chunk, ...others] = whole.chunks;
  const image = { label: 1, plainLogits: [1, 0.75, 0], logits: [0.5, 1, 0] };
  const changed = { ...whole, chunks: [{ ...chunk, images: [image, ...chunk.images.slice(1)] }, ...others] };
  expect(accuracySummary(changed).flipped[0]).toEqual({
    ...{ index: 7, label: 1, predicted: 1, plainPredicted: 0, plainGap: 0.25, encryptedGap: 0.5 },
  });
});

test("what is done is not done again", async () => {
  const signal = AbortSignal.abort(new Error("nothing is left to do"));
  const options = { dataset: "waves", index: 7, signal };
  const json = (report: AccuracyReport) => JSON.parse(JSON.stringify(report)) as AccuracyReport;
  expect(await measure({ ...options, resume: json(whole) })).toEqual(whole);
  await expect(measure({ ...options, resume: json(kept[0]) })).rejects.toThrow("nothing is left to do");
  const resumed = await measure({ dataset: "waves", index: 7, resume: json(kept[0]) });
  expect(resumed.chunks[0]).toEqual(whole.chunks[0]);
  expect(resumed.chunks[1].images.map(({ label }) => label)).toEqual(labels.slice(50));
});

test.each<[string, AccuracyOptions, RegExp]>([
  ["dataset", { dataset: "other" }, /its dataset is "waves", this measurement's "other"/],
  ["place", { dataset: "waves", index: 8 }, /its index is 7, this measurement's 8/],
])("a report of another %s is refused by name", async (_, options, message) => {
  await expect(measure({ ...options, resume: whole })).rejects.toThrow(message);
});

test("a report of another program's, other images or labels is refused by name", async () => {
  const options = { dataset: "waves", index: 7 };
  const resume = (changed: Partial<AccuracyReport>) =>
    measure({ ...options, resume: { ...whole, ...changed } });
  await expect(resume({ model: "large" })).rejects.toThrow(
    /its model is "large", this measurement's "small"/,
  );
  await expect(resume({ modelDigest: "0" })).rejects.toThrow(/its modelDigest is/);
  await expect(resume({ packing: "batch" })).rejects.toThrow(/its packing is "batch"/);
  await expect(resume({ evaluator: "kernel" })).rejects.toThrow(/its evaluator is "kernel"/);
  await expect(resume({ parameters: { ...whole.parameters, scaleBits: 30 } })).rejects.toThrow(
    /its parameters/,
  );
  await expect(resume({ chunks: [{ ...whole.chunks[0], first: 3 }] })).rejects.toThrow(/from image 3 on/);
  await expect(measure({ ...options, resume: whole }, images, labels.with(0, 2))).rejects.toThrow(
    /imagesDigest/,
  );
});

test("images that there is no room for are not encrypted, and say so", async () => {
  const beyond = { ...images, data: images.data.map((value, i) => (i >> 4 === 3 ? 1e6 : value)) };
  const some = (source: Tensor) => tensor([5, 1, 4, 4], source.data.slice(0, 80));
  const summary = accuracySummary(await measure({ index: 10 }, some(beyond), labels.slice(0, 5)));
  expect(summary.outOfRange).toEqual([
    {
      index: 13,
      reason: expect.stringMatching(/images hold values up to 1000000, the program was made for/),
    },
  ]);
  expect(summary.count).toBe(5);
  expect(summary.confusionMatrix.flat().reduce((sum, count) => sum + count)).toBe(4);
  expect(summary.maxAbsError).toBeLessThan(0.05 * summary.largestLogit);
});

test("where none of the images fits, it is not counted but refused", async () => {
  const beyond = { ...images, data: images.data.map(() => 1e6) };
  await expect(measure({}, beyond)).rejects.toThrow(/images hold values up to 1000000/);
});

test("in a batch, one image that does not fit leaves the others right", async () => {
  const batch = await compile(model, { packing: "batch", parameters, costs, evaluator: "seal" });
  const five = tensor(
    [5, 1, 4, 4],
    images.data.map((value, i) => (i >> 4 === 3 ? 1e30 : value)).slice(0, 80),
  );
  const report = await accuracyAt(onServer(Server, {}), batch, five, labels.slice(0, 5), {});
  const { outOfRange, maxAbsError } = accuracySummary(report);
  expect(outOfRange.map(({ index }) => index)).toEqual([3]);
  expect(maxAbsError).toBeLessThan(0.05);
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  [
    "too few labels",
    () => measure({}, images, [1]),
    /accuracy: labels: expected 60, one for each image, got 1/,
  ],
  ["a label that is no class", () => measure({}, images, labels.with(4, 3)), /from 0 to 2, got 3 at 4/],
  ["an unknown option", () => measure({ retries: 1 } as AccuracyOptions), /accuracy: options.*retries/],
])("%s: refused by name", async (_, call, message) => {
  await expect(call()).rejects.toThrow(message);
});
