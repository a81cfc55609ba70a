import { describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BatchBenchReport } from "../../src/he-ml/node/bench-batch.js";
import type { BenchReport } from "../../src/he-ml/node/bench.js";
import type { Explanation } from "../../src/he-ml/program/explain.js";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { maxAbs } from "../../src/he-ml/tensor/tensor.js";
import { heMl } from "./he-ml.js";
import { checkPackedInference } from "./packed-inference.js";
import { temporaryFolder, waves, writeJson, writeModel } from "./support.js";

async function json<T>(args: readonly string[]): Promise<T> {
  const { status, stdout, stderr } = await heMl([...args, "--json"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

describe("100 real digits, packed, against onnxruntime", () => {
  test.each([
    ["mnist-small", "kernel", 0.015],
    ["lenet1", "kernel", 0.015],
    ["mnist-small", "seal", 0.005],
    ["lenet1", "seal", 0.005],
  ])(
    "%s by %s: worst error at most %p of the largest logit of all, no flip, as few bytes as promised",
    async (model, evaluator, mostError) => {
      const report = await json<InferenceReport>([
        ...["infer", "--model", model, "--dataset", "mnist", "--count", "100", "--packing", "packed"],
        ...["--evaluator", evaluator],
      ]);
      expect(report).toMatchObject({ parameters: { security: 128 }, images: 100 });
      const largest = Math.max(...report.results.map(({ plainLogits }) => maxAbs(plainLogits)));
      const errors = report.results.map(({ logits, plainLogits }) =>
        maxAbs(logits.map((logit, i) => logit - plainLogits[i])),
      );
      expect(Math.max(...errors) / largest).toBeLessThan(mostError);
      expect(report.results.filter(({ predicted, plainPredicted }) => predicted !== plainPredicted)).toEqual(
        [],
      );
      expect(report.bytes.input / 100).toBeLessThanOrEqual(800_000);
      expect(report.bytes.evaluationKeys).toBeLessThanOrEqual(23_000_000);
    },
    600_000,
  );
});

test("he-ml bench --json has the design's keys", async () => {
  const report = await json<BenchReport>([
    "bench",
    "--model",
    "mnist-small",
    "--count",
    "2",
    "--repetitions",
    "1",
  ]);
  expect(report.machine).toMatchObject({ seal: "7.0.0" });
  expect(report.primitives.rotate.length).toBeGreaterThanOrEqual(3);
  expect(report.models).toHaveLength(1);
  const [model] = report.models;
  expect(model).toMatchObject({
    ...{ model: "mnist-small", packing: "packed", images: 1 },
    evaluateMilliseconds: { min: expect.any(Number), median: expect.any(Number) },
    setupMilliseconds: expect.any(Object),
    bytes: { input: expect.any(Number), evaluationKeys: expect.any(Number), output: expect.any(Number) },
    precision: { images: 2, flips: 0 },
    evaluator: { evaluator: "kernel", reason: "as planned for; self-test passed" },
  });
  const [own, same] = model.compared;
  expect(own).toMatchObject({ evaluator: "seal", chain: "own", timesAsLong: { min: expect.any(Number) } });
  expect(same).toMatchObject({ evaluator: "seal", chain: "same", parameters: model.parameters });
  expect(model.evaluateMilliseconds.min).toBeLessThanOrEqual(model.evaluateMilliseconds.median);
}, 300_000);

test.each(["seal", "kernel"] as const)(
  "he-ml bench and explain --evaluator %s speak of that only",
  async (evaluator) => {
    const of = ["--model", "mnist-small", "--evaluator", evaluator];
    const { models } = await json<BenchReport>(["bench", ...of, "--count", "2", "--repetitions", "1"]);
    expect(models[0]).toMatchObject({
      evaluator: { evaluator, reason: expect.stringMatching(/^asked for/) },
      compared: [],
    });
    expect(await json<Explanation>(["explain", ...of])).toMatchObject({ evaluator });
  },
  300_000,
);

test("he-ml bench --packing batch --json measures a whole batch", async () => {
  const report = await json<BatchBenchReport>([
    ...["bench", "--packing", "batch", "--model", "mnist-small", "--count", "20", "--repetitions", "1"],
  ]);
  expect(report.machine).toMatchObject({ seal: "7.0.0" });
  const [kernel, model] = report.models;
  expect(kernel).toMatchObject({ evaluator: { evaluator: "kernel" }, precision: { images: 20, flips: 0 } });
  expect(model).toMatchObject({
    ...{ model: "mnist-small", packing: "batch", images: 4096, threads: 2 },
    evaluator: { evaluator: "seal", reason: "asked for" },
    evaluateMilliseconds: { min: expect.any(Number), median: expect.any(Number) },
    predictedMilliseconds: expect.any(Number),
    bytes: { input: expect.any(Number), evaluationKeys: expect.any(Number), output: expect.any(Number) },
    precision: { images: 20, flips: 0 },
  });
  expect(model.imagesPerSecond).toBeCloseTo((1000 * 4096) / model.evaluateMilliseconds.min, 6);
  expect(model.precision!.relativeToMax).toBeLessThan(0.01);
}, 300_000);

test.each([
  ["fused", [], ["conv1+square1", "pool1+flatten+fc1"]],
  ["--no-fuse", ["--no-fuse"], ["conv1", "square1", "pool1", "flatten", "fc1"]],
])(
  "%s: logits within 1 %% of onnxruntime's under 128 bits, and the run goes as explained",
  async (_, options, names) => {
    const folder = await temporaryFolder();
    await checkPackedInference(folder.path, options, 128, names);
    await folder.remove();
  },
);

test("the report of one image, packed, lays the run over the plan", async () => {
  const folder = await temporaryFolder();
  const page = join(folder.path, "report.html");
  const { status } = await heMl([
    ...["infer", "--model", await writeModel(folder.path), "--packing", "packed", "--report", page],
    ...["--input", await writeJson(folder.path, "image.json", waves(36, 1))],
  ]);
  expect(status).toBe(0);
  const html = await readFile(page, "utf8");
  expect(html).toContain("the plan and the run, 1 image");
  expect(html).toContain("computed by the evaluator kernel");
  await folder.remove();
});
