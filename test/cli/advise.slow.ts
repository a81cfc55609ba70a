import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { AdviceReport } from "../../src/he-ml/parameters-tester/advice.js";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { isTooWide } from "../../src/he-ml/service/gaps.js";
import { heMl } from "./he-ml.js";
import { temporaryFolder, writeJson, writeModel } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

describe("he-ml advise mnist-small", () => {
  test("recommends parameters that infer takes as they stand, and that hold the asked error on other images", async () => {
    const asked = 0.005;
    const { status, stdout, stderr } = await heMl([
      ...["advise", "mnist-small", "--relative-error", String(asked), "--count", "3", "--json"],
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { points, images } = JSON.parse(stdout) as AdviceReport;
    expect(images).toEqual({ count: 3, madeUp: false });
    const [{ packing, evaluator, parameters, measured }] = points;
    const file = await writeJson(folder.path, "advised.json", parameters);
    const run = await heMl([
      ...["infer", "--model", "mnist-small", "--dataset", "mnist", "--index", "20", "--count", "8"],
      ...["--packing", packing, "--evaluator", evaluator, "--parameters", file, "--json"],
    ]);
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: "" });
    const { gaps, bytes } = JSON.parse(run.stdout) as InferenceReport;
    expect(measured!.relativeError).toBeLessThanOrEqual(asked);
    expect(isTooWide({ ...gaps.encrypted, allowed: asked })).toBe(false);
    expect(bytes.evaluationKeys).toBe(measured!.keyBytes);
    expect(points.some((point) => point.packing === "batch" && point.measured)).toBe(true);
  }, 900_000);
});

test("a model that names no dataset is run on images made up from its ranges, and it is said", async () => {
  const model = await writeModel(folder.path);
  const figure = join(folder.path, "front.svg");
  const { status, stdout, stderr } = await heMl([
    ...["advise", model, "--goal", "throughput", "--figure", figure],
  ]);
  expect(status).toBe(0);
  expect(stderr).toMatch(/figure written to .*front\.svg/);
  expect(await readFile(figure, "utf8")).toMatch(/^<svg[^]*each of many images/);
  expect(stderr).toMatch(/names no dataset: run on images made up from its ranges; give --dataset/);
  expect(stdout).toMatch(
    /parameters for throughput, error up to 1 % of the largest output, 128-bit security/,
  );
  expect(stdout).toMatch(/→ take this/);
  const spec = JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as object;
  expect(spec).toMatchObject({ scheme: "ckks", security: 128 });
}, 600_000);
