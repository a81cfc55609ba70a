import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AccuracyReport } from "../../src/he-ml/service/accuracy-report.js";
import type { AccuracySummary } from "../../src/he-ml/service/accuracy-summary.js";
import { heMl } from "./he-ml.js";
import { teachingParameters, temporaryFolder, writeJson } from "./support.js";
import { writeTableModel } from "./test-parameters.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let usual: readonly string[];
beforeAll(async () => {
  folder = await temporaryFolder();
  const model = await writeTableModel(folder.path);
  const parameters = await writeJson(folder.path, "parameters.json", teachingParameters);
  usual = [
    ...["accuracy", "--model", model, "--dataset", "breast-cancer", "--parameters", parameters],
    ...["--threads", "1"],
  ];
});
afterAll(() => folder.remove());

const out = () => join(folder.path, "out.json");
async function refused(args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await heMl(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
  return stderr;
}

test("all rows in a batch, as JSON and as text; a second call has nothing left to do", async () => {
  const args = [...usual, "--packing", "batch", "--out", out()];
  const { status, stdout, stderr } = await heMl([...args, "--json"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const summary = JSON.parse(stdout) as AccuracySummary;
  expect(Object.keys(summary)).toEqual(
    expect.arrayContaining([
      ...["model", "packing", "count", "encryptedAccuracy", "plainAccuracy", "flips", "maxAbsError"],
      ...["millisecondsPerImage", "flipped", "confusionMatrix", "interval95", "outOfRange"],
    ]),
  );
  expect(summary).toMatchObject({ model: "table-1", packing: "batch", dataset: "breast-cancer", count: 114 });
  expect(summary.millisecondsPerImage).toBeGreaterThan(0);

  const report = JSON.parse(await readFile(out(), "utf8")) as AccuracyReport;
  expect(report.chunks.map(({ images }) => images.length)).toEqual([114]);
  expect(JSON.parse((await heMl([...args, "--json"])).stdout)).toEqual(summary);
  const text = (await heMl(args)).stdout;
  expect(text).toMatch(
    /^table-1, packing batch, 114 images of breast-cancer from 0 on, encrypted\naccuracy encrypted /,
  );
  expect(text).toMatch(/│ 0 malignant +│ +\d+ │ +\d+ │/);
});

test("a file of something else stays as it is", async () => {
  const args = (...more: readonly string[]) => [...usual, "--out", out(), ...more];
  const before = await readFile(out(), "utf8");
  expect(await refused(args("--count", "5"))).toMatch(
    /its count is 114, this measurement's 5; choose another file/,
  );
  expect(await refused(args("--evaluator", "seal"))).toMatch(/its evaluator is "kernel"/);
  expect(await refused(args("--packing", "scalar"))).toMatch(/its packing is "batch"/);
  expect(await readFile(out(), "utf8")).toBe(before);
  const precious = join(folder.path, "precious.json");
  await writeFile(precious, '{"precious":true}');
  expect(await refused([...usual, "--out", precious])).toMatch(
    /expected the report of a measurement of accuracy/,
  );
  expect(await readFile(precious, "utf8")).toBe('{"precious":true}');
});

test("what cannot be used is refused in a line", async () => {
  const redis = ["--redis", "redis://127.0.0.1:1"];
  const elsewhere = ["--out", join(folder.path, "r.json")];
  for (const [args, message] of [
    [["accuracy"], /required option '--model <M>'/],
    [["accuracy", "--model", "lenet1"], /required option '--dataset <name>'/],
    [[...usual, "--index", "114"], /breast-cancer has no test image 114/],
    [[...usual, "--count", "115"], /114/],
    [[...usual, "--relative-error", "0.1", ...elsewhere], /--relative-error is for --packing packed/],
    [[...usual, ...redis], /--threads: the workers of --redis decide that/],
    [[...usual.slice(0, -2), ...redis, "--evaluator", "seal"], /--evaluator: the workers of --redis/],
    [[...usual.slice(0, -2), ...redis, ...elsewhere], /127\.0\.0\.1:1|teaching|security/],
  ] as const) {
    expect(await refused(args)).toMatch(message);
  }
});
