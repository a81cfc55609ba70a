import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { join } from "node:path";
import { readConfig } from "../../../../src/he-ml/node/rest/config.js";
import { checkConfig } from "../../../../src/he-ml/rest/config.js";
import { Models } from "../../../../src/he-ml/node/rest/models.js";
import { serve } from "../../../../src/he-ml/node/rest/serve.js";
import { heMl } from "../../../cli/he-ml.js";
import { temporaryFolder, writeJson, writeModel } from "../../../cli/support.js";
import { rejectedBy } from "../../support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => void (folder = await temporaryFolder()));
afterAll(() => folder.remove());

test("without a configuration, the models that can be encrypted are served, lenet1 as MNIST, too", async () => {
  const models = await Models.load();
  const names = models.all.map(({ summary }) => summary.net);
  expect(names).toContain("mnist-small");
  expect(names).not.toContain("lenet1-tanh");
  expect(models.find("mnist").reference.net).toBe("lenet1");
  expect(models.find("mnist").summary.aliases).toEqual(["MNIST"]);
});

test("a configuration's paths are relative to its file, and its names those of clients", async () => {
  await writeModel(folder.path);
  const path = await writeJson(folder.path, "serve.json", {
    models: [
      { name: "Toy", path: "model.onnx", aliases: ["digits"] },
      { name: "digits-for-real", path: "lenet1", reencryptPositions: [3] },
    ],
    limits: { bodySeconds: 5 },
    engine: { jobSeconds: 7 },
  });
  const { models: configured, limits, engine } = await readConfig(path);
  expect(limits).toMatchObject({ bodySeconds: 5, headerSeconds: 10 });
  expect(engine).toMatchObject({ jobSeconds: 7 });
  const models = await Models.load(configured);
  expect(models.find("DIGITS").reference).toEqual({ net: "Toy", path: join(folder.path, "model.onnx") });
  expect(models.find("digits-for-real").summary.reencryptPositions).toEqual([3]);
});

test.each([
  [{ model: [] }, /Unrecognized key: "model"/],
  [{ models: [] }, /^config: models: /],
  [{ models: [{ name: "a b" }] }, /^config: models\.0\.name: expected letters/],
  [{ models: [{ name: "a", alias: "b" }] }, /"alias"/],
  [{ limits: { mostComputeBytes: 1e12 } }, /^config: limits\.mostComputeBytes/],
  [{ engine: { processes: 0 } }, /^config: engine\.processes/],
])("refused: %j", (value, message) => {
  expect(() => checkConfig("config", value)).toThrow(message);
});

test.each([
  [
    [
      { name: "lenet1", aliases: ["x"] },
      { name: "X", path: "lenet1" },
    ],
    /are both called "X"; rename one/,
  ],
  [[{ name: "none" }], /there is no model "none"/],
  [[{ name: "lenet1-tanh" }], /cannot be encrypted/],
  [[{ name: "lenet1", reencryptPositions: [99] }], /within 1–\d+, got 99/],
])("models that cannot be served: %j", async (models, message) => {
  const error = await rejectedBy(() => Models.load(checkConfig("config", { models }).models));
  expect((error as Error).message).toMatch(message);
});

test.each([
  [{ port: -1 }, /^serve: options: port/],
  [{ hosts: "x" }, /"hosts"/],
  [{ tokens: ["short"] }, /^serve: options: tokens\.0: expected 16 to 1024/],
  [{ cors: ["example.org/"] }, /^serve: options: cors\.0: expected an origin/],
  [{ tls: { cert: "a", key: "b" } }, /^serve: options: tls: certificate and key cannot be used/],
])("serve refuses options: %j", async (options, message) => {
  expect(((await rejectedBy(() => serve(options as object))) as Error).message).toMatch(message);
});

test("the command refuses what cannot be used, in one line", async () => {
  const empty = await writeJson(folder.path, "tokens.txt", "\n\n");
  const short = await writeJson(folder.path, "short.txt", "this-token-is-long-enough\nthis-not\n");
  const refusals = [
    [["--token-file", empty], /^he-ml: --token-file: "[^"]+" has no token; write one a line\n$/],
    [["--token-file", short], /token 2: expected 16 to 1024 printable characters/],
    [["--tls-cert", empty], /^he-ml: serve: --tls-cert and --tls-key belong together; give both\n$/],
    [["--config", empty], /^he-ml: --config: "[^"]+" is not JSON/],
    [["--port", "x"], /^he-ml: [^\n]*--port[^\n]*\n$/],
  ] as const;
  for (const [args, message] of refusals) {
    const { status, stdout, stderr } = await heMl(["serve", ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
  }
});
