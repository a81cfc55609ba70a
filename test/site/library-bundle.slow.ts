import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type * as HeMl from "../../src/he-ml/browser/index.js";
import { serveSite } from "../../src/site/serve-site.js";
import { launch } from "../playground/chromium.js";

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

  test("computes a model that lies beside it, on threads where the page is isolated", async () => {
    await writeFile(join(out, "page.html"), '<!doctype html><link rel="icon" href="data:,">');
    const [site, browser] = await Promise.all([serveSite(out, 0), launch()]);
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(`${site.url}page.html`);
    const { threads, cores, results } = await page.evaluate(async (script) => {
      const { compile, infer, loadModel, zeros } = (await import(script)) as typeof HeMl;
      const program = await compile(await loadModel("mnist-small"));
      const report = await infer(program, zeros([1, 1, 28, 28]));
      return { ...report, cores: navigator.hardwareConcurrency };
    }, `${site.url}lib/he-ml.js`);
    expect(complaints).toEqual([]);
    expect(threads).toBe(Math.min(2, cores));
    expect(results[0].relativeToMax).toBeLessThan(0.015);
    await browser.close();
    await site.close();
  });

  test("has the exports of the package's browser edition", async () => {
    const bundled = (await import(pathToFileURL(join(out, "lib/toy-ckks.js")).href)) as object;
    const source = (await import("../../src/he-ml/toy-ckks/index.js")) as object;
    expect(Object.keys(bundled).sort()).toEqual(Object.keys(source).sort());
  });
});
