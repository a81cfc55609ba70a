import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { serveSite } from "../../dist/site/serve-site.js";
import type * as HeMl from "../../src/he-ml/browser/index.js";
import type { DisplayMessage } from "../../src/notebook/display/kernel-output.js";
import { cells } from "./edition-cells.js";
import { launchChromium } from "../browsers.js";

let out: string;
let files: string[];

/** In a process of its own, as Jest's modules resolve no names of packages. */
const inNode = async (script: string): Promise<string> =>
  (await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script])).stdout;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "he-ml-library-"));
  const module = JSON.stringify(pathToFileURL("dist/site/library-bundle.js").href);
  await inNode(`await (await import(${module})).buildLibrary(${JSON.stringify(out)})`);
  files = await readdir(join(out, "lib"));
}, 60_000);
afterAll(() => rm(out, { recursive: true }));

describe("the library's folder for pages", () => {
  test("holds a module for each export with a browser edition, WebAssembly beside it, and models", async () => {
    expect(files).toEqual(
      expect.arrayContaining([
        "exercises.js",
        "he-ml.js",
        "notebook.js",
        "onnx.js",
        "toy-ckks.js",
        "thread-worker.js",
        "train.js",
        "viz.js",
        "seal_throws.wasm",
        "doubles.wasm",
        "integers.wasm",
        "doubles-shared.wasm",
        "integers-shared.wasm",
        "tfjs-backend-wasm.wasm",
        "tfjs-backend-wasm-simd.wasm",
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
    const [site, browser] = await Promise.all([serveSite(out, 0), launchChromium()]);
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

  test.each([
    ["exercises", "notebook/exercises/index.js"],
    ["notebook", "notebook/display/browser/index.js"],
    ["toy-ckks", "he-ml/toy-ckks/index.js"],
    ["viz", "viz/browser/index.js"],
  ])("%s has the exports of the package's browser edition", async (name, path) => {
    const bundled = (await import(pathToFileURL(join(out, `lib/${name}.js`)).href)) as object;
    const source = (await import(`../../src/${path}`)) as object;
    expect(Object.keys(bundled).sort()).toEqual(Object.keys(source).sort());
  });
});

/** What cells sent to the page, and what they threw. */
interface Shown {
  readonly sent: readonly DisplayMessage[];
  readonly thrown: readonly string[];
}

/** The cells in the package's Node, sending to tslab's writer. */
async function shownInNode(): Promise<Shown> {
  const script = `
    import { createRequire } from "node:module";
    import * as exercises from "he-ml/exercises";
    import * as heMl from "he-ml";
    import * as notebook from "he-ml/notebook";
    import * as viz from "he-ml/viz";
    const sent = [];
    const tslab = createRequire(import.meta.url)("tslab/dist/jupyter.js");
    tslab.lastWriteDisplayData = (message) => sent.push(message);
    const thrown = await (${cells})({ exercises, heMl, notebook, viz });
    console.log(JSON.stringify({ sent, thrown }));`;
  return JSON.parse(await inNode(script)) as Shown;
}

/** In Chromium, in a module worker, sending to a kernel's writer; and what last values show there. */
async function shownInPage(): Promise<Shown & { readonly last: readonly unknown[] }> {
  const worker = `
    import * as exercises from "./lib/exercises.js";
    import * as heMl from "./lib/he-ml.js";
    import * as notebook from "./lib/notebook.js";
    import * as viz from "./lib/viz.js";
    const sent = [];
    notebook.useDisplay((message) => sent.push(message));
    const answer = async () => {
      const thrown = await (${cells})({ exercises, heMl, notebook, viz });
      const values = [{ of: [1n, "a"] }, "a", null, viz.keySwitch()];
      return { sent, thrown, last: await Promise.all(values.map(notebook.resultBundle)) };
    };
    answer().then(
      (shown) => postMessage({ shown: JSON.stringify(shown) }),
      (error) => postMessage({ failed: error.stack }),
    );`;
  const page = `<!doctype html><link rel="icon" href="data:,"><script>
    const worker = new Worker("worker.js", { type: "module" });
    answer = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => ("failed" in data ? reject(new Error(data.failed)) : resolve(data.shown));
      worker.onerror = ({ message }) => reject(new Error(message));
    });
  </script>`;
  await Promise.all([writeFile(join(out, "worker.js"), worker), writeFile(join(out, "index.html"), page)]);
  const site = await serveSite(out, 0);
  const browser = await launchChromium();
  try {
    const opened = await browser.newPage();
    await opened.goto(site.url);
    return JSON.parse(String(await opened.evaluate("answer"))) as Awaited<ReturnType<typeof shownInPage>>;
  } finally {
    await browser.close();
    await site.close();
  }
}

const withoutPng = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(values).filter(([type]) => type !== "image/png"));

test("cells in a page's worker show what they show in Node, but for pictures, and checks judge alike", async () => {
  const [node, page] = [await shownInNode(), await shownInPage()];
  expect(page.sent).toEqual(
    node.sent.map(({ data, metadata, transient }) => ({
      data: withoutPng(data),
      metadata: withoutPng(metadata),
      transient,
    })),
  );
  expect(page.thrown).toEqual(node.thrown);
  const texts = page.sent.map(({ data }) => String(data["text/plain"]));
  expect(texts.filter((text) => text.startsWith("✓ passed"))).toHaveLength(4);
  expect(texts.filter((text) => text.startsWith("✗ not yet"))).toHaveLength(4);
  expect(page.thrown).toHaveLength(4);
  expect(page.last).toEqual([
    { "text/plain": "{ of: [ 1n, 'a' ] }" },
    { "text/plain": "a" },
    // What JSON has for undefined.
    null,
    { "image/svg+xml": expect.stringMatching(/^<svg/), "text/plain": expect.stringMatching(/^Diagram: /) },
  ]);
}, 120_000);
