import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RequestReport } from "../../src/cli/request-text.js";
// Processes that compute run what is built, and so does the server.
import { serve, type RunningServer } from "../../dist/he-ml/node/rest/serve.js";
import { heMl, type Surroundings } from "./he-ml.js";
import { temporaryFolder, writeJson } from "./support.js";

const token = "a-token-of-some-length";
const config = { models: [{ name: "mnist-small" }, { name: "breast-cancer", aliases: ["Cancer"] }] };
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let open: RunningServer;
let guarded: RunningServer;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder.path, "token"), `${token}\n`);
  open = await serve({ config, processes: 1 });
  guarded = await serve({ config, processes: 1, tokens: [token] });
});
afterAll(async () => {
  await open.close();
  await guarded.close();
  await folder.remove();
});

let written = 0;
const client = (file: object) => writeJson(folder.path, `client-${written++}.json`, file);

async function request(files: readonly object[], options: readonly string[] = [], around: Surroundings = {}) {
  const paths = await Promise.all(files.map(client));
  return heMl(["request", ...paths, ...options], around);
}

async function report(files: readonly object[], options: readonly string[] = []): Promise<RequestReport> {
  const { status, stdout, stderr } = await request(files, [...options, "--json"]);
  expect([status, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as RequestReport;
}

test("the first digit, where nothing else is said, in words", async () => {
  const { status, stdout, stderr } = await request(
    [{ address: open.url, net: "mnist-small" }],
    ["--model", "mnist-small"],
  );
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain(
    `image 0, classified while encrypted by mnist-small at ${open.url} (layers 0–5): 7, as labelled\n`,
  );
  expect(stdout).toMatch(/image │ predicted │ label │ plain │ largest error │ +of max/);
  expect(stdout).toMatch(
    /time for the whole batch: connect .* s, encrypt .*, upload .*, queue .*, evaluate .* \(conv1\+square1 .*, decrypt/,
  );
  expect(stdout).toMatch(/travels: input [\d.]+ MB, evaluation keys [\d.]+ MB, output [\d.]+ MB\n$/);
});

test("everything as JSON, of images that the command line names, by a server that wants a token", async () => {
  const file = { address: guarded.url, net: "mnist-small", token_file: "token", dataset: "mnist", index: 5 };
  const { results, ...rest } = await report([file], ["--dataset", "mnist", "--index", "1", "--count", "2"]);
  expect(results.map(({ predicted, label }) => [predicted, label])).toEqual([
    [2, 2],
    [1, 1],
  ]);
  expect(results[0].logits).toHaveLength(10);
  expect(Object.keys(results[0].milliseconds)).toEqual([
    "encrypt",
    "upload",
    "queue",
    "evaluate",
    "download",
    "decrypt",
  ]);
  expect(rest).toMatchObject({
    ...{ model: "mnist-small", packing: "packed", images: 2, parameters: { scheme: "ckks", security: 128 } },
    servers: [{ url: guarded.url, layers: [0, 1, 2, 3, 4, 5] }],
    bytes: { input: expect.any(Number), output: expect.any(Number), evaluationKeys: expect.any(Number) },
  });
  const refused = await request([{ ...file, token_file: undefined }]);
  expect(refused).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(/^he-ml: .*expected a token.*\n$/),
  });
  expect(refused.stderr).not.toContain(token);
});

test("two servers share a network, and values are encrypted afresh on their way", async () => {
  const files = [
    { address: open.url, net: "mnist-small", layers: [0, 1] },
    { address: guarded.url, net: "mnist-small", layers: [2, 3, 4, 5], token_file: "token" },
  ];
  const split = await report(files);
  expect(split.servers).toEqual([
    { url: open.url, layers: [0, 1] },
    { url: guarded.url, layers: [2, 3, 4, 5] },
  ]);
  const afresh = await report(files, ["--reencrypt", "2,4"]);
  for (const { results } of [split, afresh]) expect(results[0]).toMatchObject({ predicted: 7, label: 7 });
  const names = ({ layers }: RequestReport) =>
    layers.filter(({ kind }) => kind === "reencryption").map(({ name }) => name);
  expect([names(split), names(afresh)]).toEqual([
    [],
    ["reencryption before flatten", "reencryption before square2"],
  ]);
});

test.each([
  ["BFV", { m: 4096, p: 1032193, sec: 128, base: 2, rencrypt_positions: [1, 3] }, "bfv"],
  [
    "CKKS",
    { polyModulusDegree: 8192, coeffModulusBits: [50, 60, 48, 60], scaleBits: 20, weightScaleBits: 16 },
    "ckks",
  ],
])("the original's file as it stands, in %s", async (_, set, scheme) => {
  const file = {
    address: `${open.url}/compute`,
    encryption_parameters: [set],
    net: "CANCER",
    layers: [0, 1, 2],
  };
  const { model, packing, parameters, results } = await report(
    [{ ...file, max_threads: 2 }],
    ["--dataset", "breast-cancer", "--model", "breast-cancer"],
  );
  expect([model, packing, parameters.scheme]).toEqual(["breast-cancer", "scalar", scheme]);
  expect(results[0].predicted).toBe(results[0].label);
  expect(results[0].relativeToMax).toBeLessThan(0.01);
});

test("layers before the last predict nothing", async () => {
  const { status, stdout } = await request([
    { address: open.url, net: "breast-cancer", layers: [0, 1], dataset: "breast-cancer" },
  ]);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^image 0, computed on while encrypted by breast-cancer at .* \(layers 0–1\): 16 values; see --json\ntime for/,
  );
});

test("values that stand in the file, or in one beside it", async () => {
  const values = Array.from({ length: 30 }, (_, i) => Math.sin(i));
  await writeJson(folder.path, "values.json", values);
  const given = await report([{ address: open.url, net: "breast-cancer", input: values }]);
  const beside = await report([{ address: open.url, net: "breast-cancer", input: "values.json" }]);
  expect(given.results[0].label).toBeNull();
  const difference = given.results[0].logits.map((logit, i) => Math.abs(logit - beside.results[0].logits[i]));
  expect(Math.max(...difference)).toBeLessThan(0.2);
});

test("a server that is not there is named, and the status is 1", async () => {
  await using gone = await serve({ config, processes: 1 });
  await gone.close();
  const { status, stderr } = await request([{ address: gone.url, net: "mnist-small" }]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^he-ml: failed: http:.* cannot be reached: .*ECONNREFUSED.*\n$/);
});

test("Ctrl-C ends a request", async () => {
  const around = { terminal: true, interruptAt: /keys|upload/ };
  const { status, stdout, stderr } = await request([{ address: open.url, net: "mnist-small" }], [], around);
  expect([status, stdout]).toEqual([130, ""]);
  expect(stderr).toMatch(/he-ml: interrupted\n$/);
});
