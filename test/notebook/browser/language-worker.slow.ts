import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { build } from "esbuild";
import { basename } from "node:path";
import type { Browser } from "playwright-core";
import { typesOfCells } from "../../../src/site/kernel-types.js";
import { serve } from "../../browser/static-server.js";
import { launchChromium } from "../../browsers.js";

let files: Map<string, string>;
let browser: Browser;

beforeAll(async () => {
  const { outputFiles } = await build({
    // The kernel's worker has the compiler, too
    entryPoints: ["language-worker", "cell"].map((name) => `src/notebook/browser/${name}.ts`),
    outdir: "out/browser",
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "silent",
  });
  files = new Map(outputFiles.map(({ path, text }) => [`/${basename(path)}`, text]));
  files.set("/index.html", `<!doctype html><link rel="icon" href="data:,">`);
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** What the worker answers to these requests, given all at once. */
async function answers(requests: readonly object[], served: ReadonlyMap<string, string>): Promise<unknown[]> {
  const server = await serve(served);
  const page = await browser.newPage();
  try {
    await page.goto(`${server.url}/index.html`);
    return await page.evaluate(
      (asked) =>
        new Promise<unknown[]>((resolve, reject) => {
          const worker = new Worker("language-worker.js", { type: "module" });
          const given: unknown[] = [];
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.onmessage = ({ data }) => {
            given.push(data);
            if (given.length === asked.length) resolve(given);
          };
          for (const request of asked) worker.postMessage(request);
        }),
      requests,
    );
  } finally {
    await page.close();
    await server.close();
  }
}

test("the worker shares the compiler's script, and answers by the library's types", async () => {
  const sizes = [...files].map(([name, text]) => [name, text.length] as const);
  expect(sizes.filter(([, size]) => size > 1_000_000)).toHaveLength(1);
  const types = JSON.stringify(await typesOfCells());
  const given = await answers(
    [
      { id: 1, ask: "cellRan", code: 'import { Client } from "he-ml"; const x = "a";' },
      { id: 2, ask: "complete", code: "Client.fromS", cursor: 12 },
      { id: 3, ask: "inspect", code: "Client.create", cursor: 9, detail: 0 },
      { id: 4, ask: "isComplete", code: "f(" },
      { id: 5, ask: "diagnostics", code: "x.nothing" },
    ],
    new Map([...files, ["/types.json", types]]),
  );
  expect(given).toMatchObject([
    { id: 1 },
    { id: 2, answer: { status: "ok", matches: ["fromSecretKey"], cursor_start: 7, cursor_end: 12 } },
    { id: 3, answer: { found: true, data: { "text/plain": expect.stringContaining("Client.create(") } } },
    { id: 4, answer: { status: "incomplete" } },
    { id: 5, answer: [{ line: 1, column: 3 }] },
  ]);
});

test("without the types, the worker says why it has no answer", async () => {
  const [given] = await answers([{ id: 7, ask: "complete", code: "", cursor: 0 }], files);
  expect(given).toMatchObject({ id: 7, error: expect.stringMatching(/types\.json: HTTP status 404$/) });
});
