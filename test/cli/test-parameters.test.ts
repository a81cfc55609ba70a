import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { TestReport } from "../../src/he-ml/parameters-tester/test-report.js";
import { originalSet, teachingSet } from "../he-ml/parameters-tester/sets.js";
import { heMl } from "./he-ml.js";
import { temporaryFolder, writeJson } from "./support.js";
import { writeTableModel } from "./test-parameters.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let model: string;
const sets = { encryption_parameters: [teachingSet, { ...teachingSet, coeff_modulus_bits: [40, 40] }] };

beforeAll(async () => {
  folder = await temporaryFolder();
  model = await writeTableModel(folder.path);
});
afterAll(() => folder.remove());

const file = (content: unknown, name = "params.json") => writeJson(folder.path, name, content);
const source = () => ["--model", model, "--dataset", "breast-cancer"];
async function refused(args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await heMl(["test-parameters", ...args]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
  return stderr;
}

test("a row a set: what it came to, or why it cannot work", async () => {
  const { status, stdout, stderr } = await heMl([
    "test-parameters",
    await file(sets),
    ...source(),
    "--count",
    "3",
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^table-1, layers 0–2, 3 images of breast-cancer from 0 on\n/);
  expect(stdout).toMatch(
    /│ +1 │ N = 1024 \[50, 60, 48 \| 60\], scales 20, 16 \* │ batch +│ +0\.0\d+ │ +level \d/,
  );
  expect(stdout).toMatch(/│ +failed │/);
  expect(stdout).toMatch(/^set 2 fails at layer 1 \(square1\): .*too short/m);
  expect(stdout).toMatch(/\* no security, for teaching only\n2 sets run in [\d.]+ s\n$/);
});

test("--json prints the report, --out writes it, and a second call has nothing left to do", async () => {
  const out = join(folder.path, "out.json");
  const args = ["test-parameters", await file(sets), ...source(), "--index", "2", "--out", out, "--json"];
  const first = await heMl(args);
  expect({ ...first, stdout: "" }).toEqual({ status: 0, stderr: "", stdout: "" });
  const report = JSON.parse(first.stdout) as TestReport;
  expect(report).toMatchObject({ model: "table-1", dataset: "breast-cancer", index: 2, count: 1 });
  expect(Object.keys(report.machine)).toEqual(["cpu", "cores"]);
  expect(report.versions).toMatchObject({ "he-ml": "0.1.0", node: process.versions.node });
  expect(report.results.map(({ status }) => status)).toEqual(["done", "failed"]);
  expect(report.results[0].memory_bytes).toBeGreaterThan(1e6);
  expect(JSON.parse(await readFile(out, "utf8"))).toEqual(report);
  expect(JSON.parse((await heMl(args)).stdout)).toEqual(report);
  const other = ["--model", await writeTableModel(folder.path, 2), "--dataset", "breast-cancer"];
  expect(await refused([await file(sets), ...other, "--index", "2", "--out", out])).toMatch(/model_digest/);
});

test("a file says model, dataset and layers itself; its model lies beside it", async () => {
  const own = { ...sets, debug: "y", layers: [0], model_path: basename(model), dataset: "BreastCancer" };
  const { stdout, stderr } = await heMl(["test-parameters", await file(own), "--json"]);
  expect(stderr).toBe("");
  const report = JSON.parse(stdout) as TestReport;
  expect(report).toMatchObject({ model: "table-1", dataset: "breast-cancer", layers: [0], debug: true });
  expect(report.results[0].layers.map(({ layer_name }) => layer_name)).toEqual(["fc1"]);
  const otherwise = await refused([await file(own), "--dataset", "mnist"]);
  expect(otherwise).toMatch(/--dataset says "mnist", and dataset in the file "breast-cancer"; leave one/);
  expect(await refused([await file({ ...own, max_threads: 2 }), "--threads", "1"])).toMatch(
    /--threads says 1/,
  );
});

test("what is in no file and on no command line is asked for", async () => {
  expect(await refused([await file(sets)])).toMatch(/has no model_path; give it there, or by --model M/);
  expect(await refused([await file(sets), "--model", model])).toMatch(
    /has no dataset; .* by --dataset mnist/,
  );
});

test.each<[string, unknown, RegExp]>([
  ["no JSON", "{", /is not JSON/],
  ["a deep bomb", `${"[".repeat(1e5)}${"]".repeat(1e5)}`, /expected an object/],
  [
    "a deep bomb within",
    `{"encryption_parameters":[{"m":${"[".repeat(1e5)}${"]".repeat(1e5)}}]}`,
    /\[0\]: m: /,
  ],
  ["m no power of two", { encryption_parameters: [{ ...originalSet, m: 2047 }] }, /\[0\]: m: .*power of two/],
  ["no layer of the network", { ...sets, layers: [3] }, /layers: expected a contiguous range within 0–2/],
])("malformed input ends with 2 and a line: %s", async (_, content, message) => {
  expect(await refused([await file(content), ...source()])).toMatch(message);
});

test("a file at --out that is no report stays as it is", async () => {
  const out = await file({ precious: true }, "precious.json");
  expect(await refused([await file(sets), ...source(), "--out", out])).toMatch(/expected the report/);
  expect(await readFile(out, "utf8")).toBe('{"precious":true}');
});
