import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { TestedSet, TestReport } from "../../src/he-ml/parameters-tester/test-report.js";
import { originalSet, teachingSet } from "../he-ml/parameters-tester/sets.js";
import { heMl } from "./he-ml.js";
import { run, start } from "./processes.js";
import { temporaryFolder, writeJson } from "./support.js";
import { writeTableModel } from "./test-parameters.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const fast = { poly_modulus_degree: 8192, coeff_modulus_bits: [50, 50, 50, 50], weight_scale_bits: 16 };
const sweep = [16, 18, 20, 24].map((scale_bits) => ({ ...fast, scale_bits, packing: "packed" }));
const readReport = async (path: string) => JSON.parse(await readFile(path, "utf8")) as TestReport;
const lines = ({ results }: TestReport) =>
  results.map(({ given, status, layers }) => [given, status, layers.map(({ layer_name }) => layer_name)]);

test("Ctrl-C keeps what is done, a second call goes on from there, and two threads give the same in order", async () => {
  const params = await writeJson(folder.path, "sweep.json", { encryption_parameters: sweep });
  const out = join(folder.path, "sweep-out.json");
  const args = ["test-parameters", params, "--model", "mnist-small", "--dataset", "mnist", "--count", "4"];
  const { child, finished } = start([...args, "--out", out]);
  let kept: TestReport | undefined;
  while (!kept) {
    kept = await readReport(out).catch(() => undefined);
    await setTimeout(20);
  }
  child.kill("SIGINT");
  expect(await finished).toEqual({ status: 130, stdout: "", stderr: "he-ml: interrupted\n" });
  kept = await readReport(out);
  expect(kept.results.length).toBeGreaterThan(0);
  expect(kept.results.length).toBeLessThan(sweep.length);

  const resumed = await run([...args, "--out", out]);
  expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
  const whole = await readReport(out);
  expect(whole.results.slice(0, kept.results.length)).toEqual(kept.results);
  expect(whole.results.map(({ given }) => given)).toEqual(sweep);
  expect(whole.results.map(({ status }) => status)).toEqual([...new Array<string>(3).fill("done"), "failed"]);

  const { stdout } = await run([...args, "--threads", "2", "--json"]);
  expect(lines(JSON.parse(stdout) as TestReport)).toEqual(lines(whole));
}, 600_000);

test("Ctrl-C while threads are at work ends them, and without a file what is done is printed", async () => {
  const params = await writeJson(folder.path, "threads.json", {
    encryption_parameters: [{ ...fast, coeff_modulus_bits: [40, 40], scale_bits: 20 }, ...sweep, ...sweep],
    max_threads: 2,
  });
  const { status, stdout, stderr } = await heMl(
    ["test-parameters", params, "--model", "mnist-small", "--dataset", "mnist", "--count", "100", "--json"],
    { terminal: true, interruptAt: /[1-9]\/9/ },
  );
  expect(status).toBe(130);
  expect(stderr).toMatch(/he-ml: interrupted\n$/);
  const { results } = JSON.parse(stdout) as TestReport;
  expect(results[0].status).toBe("failed");
  expect(results.length).toBeLessThan(9);
});

test("PyCrCNN's file runs as it stands, with the model beside it", async () => {
  await copyFile("test/fixtures/torch/conv2d-same.pt", join(folder.path, "model.pt"));
  const given = { m: 2048, p: 13513511, sec: 128, base: 2, rencrypt_positions: [] };
  const params = await writeJson(folder.path, "encryption_parameters.json", {
    ...{ encryption_parameters: [given], debug: "y", layers: [0], dataset: "MNIST" },
    ...{ model_path: "model.pt", max_threads: 2 },
  });
  const { status, stdout, stderr } = await run(["test-parameters", params, "--json"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { dataset, results } = JSON.parse(stdout) as TestReport;
  expect(dataset).toBe("mnist");
  expect(results[0]).toMatchObject({ given, status: "done", argmax_flips: 0 });
  const [{ kind, before, min_noise, max_error }] = results[0].layers;
  expect(kind).toBe("convolutional");
  expect(min_noise).toBeGreaterThan(0);
  expect(before.noise_budget).toBeGreaterThan(min_noise!);
  expect(max_error).toBeLessThan(1e-6);
}, 300_000);

test("LeNet-1's layers in BFV at m 4096: the budget is spent at a named layer, or renewed in time", async () => {
  const set = { m: 4096, p: 4194301, sec: 128, base: 2 };
  const source = ["--model", "lenet1-12x12", "--dataset", "mnist-12x12", "--json"];
  const test = async (input: object): Promise<TestedSet> => {
    const params = await writeJson(folder.path, "bfv.json", { debug: "y", ...input });
    const { stdout, stderr } = await run(["test-parameters", params, ...source]);
    expect(stderr).toBe("");
    return (JSON.parse(stdout) as TestReport).results[0];
  };
  const spent = await test({
    encryption_parameters: [{ ...set, fraction_digits: 0 }],
    layers: [0, 1, 2, 3, 4],
  });
  expect(spent).toMatchObject({ status: "failed", failed_layer: { index: 4, layer_name: "square2" } });
  expect(spent.reason).toMatch(/noise budget .* is used up/);
  expect(spent.layers).toHaveLength(4);

  const renewed = await test({
    // Before square1, conv2, square2 and flatten, in the list as it grows.
    encryption_parameters: [{ ...set, fraction_digits: 8, rencrypt_positions: [1, 4, 6, 9] }],
  });
  expect(renewed).toMatchObject({ status: "done", argmax_flips: 0 });
  expect(renewed.parameters!.reencrypt_positions).toEqual([1, 3, 4, 6]);
  for (const { min_noise } of renewed.layers) expect(min_noise).toBeGreaterThan(0);
}, 600_000);

test("no input, however damaged, brings more than one line", async () => {
  const model = await writeTableModel(folder.path);
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.integer(),
    fc.double(),
    fc.constantFrom("ckks", "bfv", "packed", "teaching", 2048, 0, -1, 1e308, 2 ** 53, [], [[]], null),
  );
  const key = fc.constantFrom(
    ...[...Object.keys(teachingSet), ...Object.keys(originalSet), "insecure_for_teaching", "security_table"],
    ...["__proto__", "constructor", "layers", "debug", "max_threads"],
  );
  const damagedSet = fc
    .tuple(fc.constantFrom<object>(teachingSet, originalSet), fc.dictionary(key, value, { maxKeys: 3 }))
    .map(([set, damage]) => ({ ...set, ...damage }));
  const damaged = fc.record({
    encryption_parameters: fc.oneof(fc.array(damagedSet, { maxLength: 2 }), value),
    layers: fc.option(value, { nil: undefined }),
    debug: fc.option(value, { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, fc.jsonValue()), async (input) => {
      const params = await writeJson(folder.path, "damaged.json", JSON.stringify(input));
      const { status, stdout, stderr } = await heMl([
        ...["test-parameters", params, "--model", model, "--dataset", "breast-cancer", "--json"],
      ]);
      if (status === 0) expect(JSON.parse(stdout)).toMatchObject({ format: "he-ml parameter test" });
      else expect({ status, stdout, stderr }).toMatchObject({ status: 2, stdout: "", stderr: oneLine });
    }),
    { numRuns: 300 },
  );
}, 600_000);

const oneLine = expect.stringMatching(/^he-ml: [^\n]+\n$/) as unknown as string;
