import { expect, jest, test } from "@jest/globals";
import {
  InputError,
  modelForward,
  testParameters,
  type TestReport,
  type TestedSet,
} from "../../../src/he-ml/index.js";
import { activationLayer, defineModel } from "../../../src/he-ml/index.js";
import { testReportSchema } from "../../../src/he-ml/parameters-tester/test-report.js";
import { smallModel } from "../layers/small-model.js";
import { randomTensor, rejectedBy } from "../support.js";
import { originalSet, teachingSet, without } from "./sets.js";

const images = randomTensor([3, 1, 4, 4], 1);
const exact = modelForward(smallModel, images);
const all = { encryption_parameters: [teachingSet], debug: "y" };
const report = await testParameters(smallModel, images, all);
const run = (input: object, options = {}) => testParameters(smallModel, images, input, options);
const failure = async (set: object): Promise<TestedSet> =>
  (await run({ encryption_parameters: [set] })).results[0];

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

test("a range of layers is held against the exact output of that range, and later layers need not be encryptable", async () => {
  const withRelu = defineModel({
    ...smallModel,
    layers: [...smallModel.layers, activationLayer({ name: "relu", function: "relu" })],
  });
  const first = await testParameters(withRelu, images, { ...all, layers: [0, 1] });
  expect(first.results[0].layers.map(({ model_layers }) => model_layers)).toEqual([[0], [1]]);
  expect(first.results[0].final_max_error).toBeLessThan(0.01);
  const later = await testParameters(withRelu, images, { ...all, layers: [1, 2] });
  expect(later.layers).toEqual([1, 2]);
  expect(exact[2].data).toContain(later.results[0].layers[1].plain_value);
  const error = await rejectedBy(() => testParameters(withRelu, images, all));
  expect((error as Error).message).toContain('"relu"');
});

test.each(["scalar", "packed"] as const)(
  "packing %s runs image after image under the same keys",
  async (packing) => {
    const { results } = await run({ ...all, encryption_parameters: [{ ...teachingSet, packing }] });
    const [{ layers, status, images: count, bytes }] = results;
    expect({ status, count }).toEqual({ status: "done", count: 3 });
    expect(layers.flatMap(({ model_layers }) => model_layers)).toEqual([0, 1, 2, 3, 4]);
    expect(exact[4].data).toContain(layers.at(-1)!.plain_value);
    expect(layers.at(-1)!.max_error).toBeLessThan(0.01);
    expect(bytes!.input).toBeGreaterThan(0);
  },
);

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

test("positions of re-encryptions that there are not, and values for which there is no room, fail by name", async () => {
  expect((await failure({ ...teachingSet, reencrypt_positions: [7] })).reason).toMatch(/within 0–4.*got 7/);
  const packed = { ...teachingSet, packing: "packed", reencrypt_positions: [2] };
  expect((await failure(packed)).reason).toMatch(/packing packed cannot re-encrypt/);
  const large = { shape: images.shape, data: images.data.map((value) => 2 ** 45 * value) };
  const { results } = await testParameters(smallModel, large, all);
  expect(results[0]).toMatchObject({ status: "failed", failed_layer: { index: 1, layer_name: "act1" } });
  expect(results[0].reason).toMatch(/outgrow/);
});

test("what promises no security is marked in every result, failed or not", async () => {
  const secure = { ...originalSet, m: 4096 };
  const { results } = await run({ encryption_parameters: [teachingSet, secure] });
  expect(results.map(({ insecure_for_teaching }) => insecure_for_teaching)).toEqual([true, undefined]);
});

test("an earlier report is gone on with: what is in it is not run again", async () => {
  const second = { ...teachingSet, scale_bits: 21 };
  const reports: TestReport[] = [];
  const onResult = jest.fn((_: TestedSet, soFar: TestReport) => void reports.push(soFar));
  const both = { ...all, encryption_parameters: [second, teachingSet] };
  const resumed = await run(both, { resume: report, onResult });
  expect(onResult).toHaveBeenCalledTimes(1);
  expect(resumed.results[1]).toEqual(report.results[0]);
  expect(resumed.results[0].parameters!.scale_bits).toBe(21);
  expect(reports.at(-1)).toEqual(resumed);
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

test("a signal stops it between sets, and what is done was told", async () => {
  const stop = new AbortController();
  const told: TestedSet[] = [];
  const stopped = run(
    { encryption_parameters: [teachingSet, { ...teachingSet, scale_bits: 21 }] },
    {
      signal: stop.signal,
      onResult(result: TestedSet) {
        told.push(result);
        stop.abort(new Error("enough"));
      },
    },
  );
  await expect(stopped).rejects.toThrow("enough");
  expect(told.map(({ status }) => status)).toEqual(["done"]);
});

test("there are no worker threads in a browser", async () => {
  const error = await rejectedBy(() => run(all, { threads: 2 }));
  expect((error as Error).message).toMatch(/threads: expected 1/);
});
