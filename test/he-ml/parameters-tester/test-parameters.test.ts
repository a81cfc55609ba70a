import { expect, test } from "@jest/globals";
import { InputError, modelForward, testParameters } from "../../../src/he-ml/index.js";
import { testReportSchema } from "../../../src/he-ml/parameters-tester/test-report.js";
import { smallModel } from "../layers/small-model.js";
import { randomTensor, rejectedBy } from "../support.js";
import { teachingSet, without } from "./sets.js";

const images = randomTensor([3, 1, 4, 4], 1);
const exact = modelForward(smallModel, images);
const all = { encryption_parameters: [teachingSet], debug: "y" };
const report = await testParameters(smallModel, images, all);
const run = (input: object, options = {}) => testParameters(smallModel, images, input, options);

test("a report is what its schema says, also as JSON", () => {
  expect(testReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  expect(report).toMatchObject({ model: "small", dataset: null, index: 0, count: 3, debug: true });
  expect(report.layers).toEqual([0, 1, 2, 3, 4]);
});

test("errors, their place, and both values there are those of the layer on exact inputs", () => {
  const [{ layers, ...set }] = report.results;
  expect(layers.map(({ layer_name, model_layers }) => [layer_name, model_layers])).toEqual(
    smallModel.layers.map(({ name }, i) => [name, [i]]),
  );
  layers.forEach((layer, i) => {
    const [image, ...position] = layer.max_error_position;
    const { shape, data } = exact[i];
    expect(position).toHaveLength(shape.length - 1);
    const offset = [image, ...position].reduce((sum, index, axis) => sum * shape[axis] + index, 0);
    expect(layer.plain_value).toBe(data[offset]);
    expect(Math.abs(layer.cipher_value - layer.plain_value)).toBe(layer.max_error);
    expect(layer.max_error).toBeGreaterThan(0);
    expect(layer.max_error).toBeLessThan(0.01);
    expect(layer.mean_error).toBeLessThanOrEqual(layer.rms_error);
    expect(layer.p99_error).toBeLessThanOrEqual(layer.max_error);
    expect(layer.argmax_flips).toBe(0);
  });
  expect(set.final_max_error).toBe(layers[4].max_error);
  expect(set).toMatchObject({ status: "done", images: 3, argmax_flips: 0 });
});

test("level, scale and room for the exact values are told before and after each layer", () => {
  const [{ layers }] = report.results;
  const bits = 50 + 60 + 48;
  const [conv, square] = layers;
  expect(conv.before).toMatchObject({ noise_budget: null, level: 3, scale_bits: 20 });
  expect(conv.before.headroom_bits).toBeCloseTo(
    bits - 20 - 1 - Math.log2(Math.max(...images.data.map(Math.abs))),
    5,
  );
  expect(square.before).toEqual(conv.after);
  expect(square.min_noise).toBeNull();
});

test("without debug there is the last layer's line, and the same figures of the whole", async () => {
  const [{ layers, status }] = (await run({ ...all, debug: "n" })).results;
  expect(status).toBe("done");
  expect(layers.map(({ layer_name }) => layer_name)).toEqual(["fc1"]);
});

test("re-encryptions stand among the layers, restore the level, and keep the values", async () => {
  const set = { ...teachingSet, reencrypt_positions: [2] };
  const [{ layers, parameters }] = (await run({ ...all, encryption_parameters: [set] })).results;
  expect(parameters!.reencrypt_positions).toEqual([2]);
  const refresh = layers[2];
  expect(refresh).toMatchObject({ kind: "reencryption", model_layers: [], after: { level: 3 } });
  expect(refresh.before.level).toBeLessThan(3);
  expect(exact[1].data).toContain(refresh.plain_value);
  expect(layers.map(({ layer_name }) => layer_name).slice(3)).toEqual(["pool1", "flat", "fc1"]);
});

test("a set that cannot work is a result with its reason, and the layer; the others run", async () => {
  const tooShort = { ...teachingSet, coeff_modulus_bits: [40, 40] };
  const tooWeak = without(teachingSet, "security");
  const { results } = await run({ encryption_parameters: [tooShort, tooWeak, teachingSet] });
  expect(results.map(({ status }) => status)).toEqual(["failed", "failed", "done"]);
  expect(results[0]).toMatchObject({ images: 0, failed_layer: { index: 1, layer_name: "act1" } });
  expect(results[0].reason).toMatch(/the chain \[40 \| 40\] is too short/);
  expect(results[1]).not.toHaveProperty("parameters");
  expect(results[1].reason).toMatch(/below 128-bit security/);
  expect(testReportSchema.safeParse({ ...report, results }).success).toBe(true);
});

test.each<[what: string, input: object, options: object, message: RegExp]>([
  [
    "other layers",
    { ...all, layers: [0] },
    { resume: report },
    /its layers is \[0,1,2,3,4\], this test's \[0\]/,
  ],
  ["other images", all, { resume: report, index: 5 }, /its index is 0, this test's 5/],
  ["another dataset", all, { resume: report, dataset: "mnist" }, /its dataset is null, this test's "mnist"/],
  ["only the last lines", { ...all, debug: false }, { resume: report }, /its debug is true/],
  ["another network", all, { resume: { ...report, model_digest: "0" } }, /its model_digest is "0"/],
  [
    "other sets",
    { ...all, encryption_parameters: [{ ...teachingSet, scale_bits: 22 }] },
    { resume: report },
    /results of 1 sets that this test does not name/,
  ],
  ["what is no report", all, { resume: { results: [] } }, /expected the report of a parameter test/],
])("a report of %s is not gone on with", async (_, input, options, message) => {
  const error = await rejectedBy(() => run(input, options));
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(message);
});

test("there are no worker threads in a browser", async () => {
  const error = await rejectedBy(() => run(all, { threads: 2 }));
  expect((error as Error).message).toMatch(/threads: expected 1/);
});
