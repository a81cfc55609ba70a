import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

let out: string;
let files: string[];

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "he-ml-library-"));
  // In a process of its own, as Jest's modules resolve no names of packages
  const script = `await (await import(${JSON.stringify(pathToFileURL("dist/site/library-bundle.js").href)})).buildLibrary(${JSON.stringify(out)})`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  files = await readdir(join(out, "lib"));
}, 60_000);
afterAll(() => rm(out, { recursive: true }));

describe("the library's folder for pages", () => {
  test("holds a module for each export with a browser edition, WebAssembly beside it, and models", async () => {
    expect(files).toEqual(
      expect.arrayContaining([
        "he-ml.js",
        "onnx.js",
        "toy-ckks.js",
        "thread-worker.js",
        "seal_throws.wasm",
        "doubles.wasm",
        "integers.wasm",
        "doubles-shared.wasm",
        "integers-shared.wasm",
      ]),
    );
    expect(await readdir(join(out, "lib/models/lenet1"))).toContain("model.onnx");
    expect(await readdir(join(out, "lib/notebooks/parameters"))).toContain("mnist-small-sweep.json");
  });

  test("imports nothing of Node but what node-seal's loader asks of Node itself", async () => {
    const imported = new Set<string>();
    for (const file of files.filter((name) => name.endsWith(".js")))
      for (const [, name] of (await readFile(join(out, "lib", file), "utf8")).matchAll(
        /(?:\bfrom|\bimport|\bimport\()\s*"((?!\.\/)[\w:@./-]+)"/g,
      ))
        imported.add(name!);
    expect([...imported]).toEqual(["module"]);
  });

  test("has the exports of the package's browser edition", async () => {
    const bundled = (await import(pathToFileURL(join(out, "lib/toy-ckks.js")).href)) as object;
    const source = (await import("../../src/he-ml/toy-ckks/index.js")) as object;
    expect(Object.keys(bundled).sort()).toEqual(Object.keys(source).sort());
  });
});
