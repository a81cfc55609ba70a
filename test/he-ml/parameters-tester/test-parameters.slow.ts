import { expect, jest, test } from "@jest/globals";
import {
  activationLayer,
  defineModel,
  modelForward,
  testParameters,
  type TestedSet,
  type TestReport,
} from "../../../src/he-ml/index.js";
import { smallModel } from "../layers/small-model.js";
import { randomTensor, rejectedBy } from "../support.js";
import { originalSet, teachingSet } from "./sets.js";

// Sets that take longer, or several runs; what a report holds is in test-parameters.test.ts.
const images = randomTensor([3, 1, 4, 4], 1);
const exact = modelForward(smallModel, images);
const all = { encryption_parameters: [teachingSet], debug: "y" };
const report = await testParameters(smallModel, images, all);
const run = (input: object, options = {}) => testParameters(smallModel, images, input, options);
const failure = async (set: object): Promise<TestedSet> =>
  (await run({ encryption_parameters: [set] })).results[0];

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

test("packed programs re-encrypt between their stages, and under the same secret key", async () => {
  const set = { ...teachingSet, packing: "packed", reencrypt_positions: [2, 4] };
  const { results } = await run({ ...all, encryption_parameters: [set] });
  const [{ status, layers, images: count, parameters }] = results;
  expect({ status, count }).toEqual({ status: "done", count: 3 });
  expect(parameters!.reencrypt_positions).toEqual([2, 4]);
  expect(layers.map(({ model_layers }) => model_layers)).toEqual([[0, 1], [], [2, 3], [], [4]]);
  const [, refresh, next] = layers;
  expect(refresh).toMatchObject({ layer_name: "reencryption before pool1", kind: "reencryption" });
  expect(exact[1].data).toContain(refresh.plain_value);
  expect(refresh.after).toMatchObject({ level: 3, scale_bits: 20 });
  expect(refresh.after.headroom_bits).toBeGreaterThan(refresh.before.headroom_bits!);
  expect(next.before).toEqual(refresh.after);
  expect(layers.at(-1)!.max_error).toBeLessThan(0.01);
  const range = await run({ ...all, encryption_parameters: [set], layers: [1, 2, 3] });
  expect(range.results[0].reason).toMatch(/expected layers within 1–3, .* got 4/);
  const inRange = { ...set, reencrypt_positions: [2] };
  const later = await run({ ...all, encryption_parameters: [inRange], layers: [1, 2, 3] });
  expect(later.results[0].layers.map(({ model_layers }) => model_layers)).toEqual([[1], [], [2, 3]]);
  expect(later.results[0].final_max_error).toBeLessThan(0.01);
});

test("positions of re-encryptions that there are not, and values for which there is no room, fail by name", async () => {
  expect((await failure({ ...teachingSet, reencrypt_positions: [7] })).reason).toMatch(/within 0–4.*got 7/);
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

test("errors are alike from run to run: sets whose errors are far apart keep their order", async () => {
  const sets = [14, 17, 20, 23].map((scale_bits) => ({ ...teachingSet, scale_bits }));
  const errors = async () =>
    (await run({ encryption_parameters: sets })).results.map(({ final_max_error }) => final_max_error!);
  const [first, second] = [await errors(), await errors()];
  const apart = first.flatMap((a, i) => first.flatMap((b, j) => (a > 1.5 * b ? [[i, j]] : [])));
  expect(apart.length).toBeGreaterThanOrEqual(3);
  for (const [i, j] of apart) expect(second[i]).toBeGreaterThan(second[j]);
});

test("PyCrCNN's words run in BFV: the noise budget before and after, one value a ciphertext", async () => {
  const { results } = await run({
    ...all,
    encryption_parameters: [originalSet],
    layers: [0],
    max_threads: 2,
  });
  const [{ parameters, layers, status, final_max_error }] = results;
  expect(status).toBe("done");
  expect(parameters).toMatchObject({
    ...{ scheme: "bfv", packing: "scalar", poly_modulus_degree: 2048, plain_modulus: 13513511, sec: 128 },
    ...{ base: 2, integer_digits: 64, fraction_digits: 32, reencrypt_positions: [] },
  });
  const [{ before, after, min_noise }] = layers;
  expect(before).toMatchObject({ level: null, scale_bits: null, headroom_bits: null });
  expect(after.noise_budget).toBe(min_noise);
  expect(min_noise).toBeGreaterThan(0);
  expect(before.noise_budget).toBeGreaterThan(min_noise!);
  expect(final_max_error).toBeLessThan(1e-6);
});

test("BFV without re-encryption, and with it: refused or spent at a named layer, or budget throughout", async () => {
  const set = { m: 4096, p: 4194301 };
  const { results } = await run({
    ...all,
    encryption_parameters: [
      set,
      // Inserted into the list as it grows: before the second layer, and before the fourth.
      { ...set, rencrypt_positions: [1, 4] },
      { ...set, p: 1073741789 },
      originalSet,
    ],
  });
  const [outgrown, refreshed, spent, noKeys] = results;
  expect(outgrown).toMatchObject({ status: "failed", layers: [] });
  expect(outgrown.reason).toMatch(/coefficients can reach \d+.*re-encrypt before it/);

  expect(refreshed).toMatchObject({ status: "done", argmax_flips: 0 });
  expect(refreshed.parameters!.reencrypt_positions).toEqual([1, 3]);
  expect(refreshed.layers.map(({ layer_name }) => layer_name)).toEqual([
    ...["conv1", "reencryption before act1", "act1", "pool1", "reencryption before flat", "flat", "fc1"],
  ]);
  for (const { min_noise } of refreshed.layers) expect(min_noise).toBeGreaterThan(0);

  expect(spent).toMatchObject({
    status: "failed",
    images: 0,
    failed_layer: { index: 1, layer_name: "act1" },
  });
  expect(spent.reason).toMatch(/noise budget .* is used up/);
  expect(spent.layers.map(({ layer_name }) => layer_name)).toEqual(["conv1"]);

  expect(noKeys).toMatchObject({ status: "failed", failed_layer: { index: 1, layer_name: "act1" } });
  expect(noKeys.reason).toMatch(/no room for key switching/);
});

test("BFV's integers in slots run all images at once; where a plain modulus will not do, the nearest are named", async () => {
  const set = { scheme: "bfv", poly_modulus_degree: 4096, packing: "batch", scale_bits: 4 };
  const { results } = await run({
    ...all,
    layers: [0],
    encryption_parameters: [
      { ...set, plain_modulus: 1032193 },
      { ...set, plain_modulus: 1000003 },
      { ...set, plain_modulus: 1032193, packing: "packed" },
    ],
  });
  expect(results[0]).toMatchObject({ status: "done", images: 3, parameters: { scale_bits: 4 } });
  expect(results[0].layers[0].after).toMatchObject({ level: null, scale_bits: 8, headroom_bits: null });
  expect(results[1].reason).toMatch(/take 974849 or 1032193/);
  expect(results[2].reason).toMatch(/BFV computes layer by layer/);
});
