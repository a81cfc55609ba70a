import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import type {
  CellOutput,
  KernelEvent,
  KernelRequest,
} from "../../../src/notebook/browser/kernel-messages.js";
import { serveSite, type ServedSite } from "../../../src/site/serve-site.js";
import { launchChromium } from "../../browsers.js";

let folder: string;
let site: ServedSite;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "he-ml-kernel-"));
  const built = (name: string) => JSON.stringify(pathToFileURL(`dist/site/${name}.js`).href);
  // In a process of its own, as Jest's modules resolve no names of packages
  const script = `
    const { buildLibrary } = await import(${built("library-bundle")});
    const { buildKernelWorkers } = await import(${built("kernel-extension")});
    await buildLibrary(${JSON.stringify(folder)});
    await buildKernelWorkers(${JSON.stringify(join(folder, "lib/kernel"))});`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  await writeFile(join(folder, "index.html"), `<!doctype html><link rel="icon" href="data:,">`);
  site = await serveSite(folder, 0);
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(site.url);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await site.close();
  await rm(folder, { recursive: true });
});

/** What a kernel's worker sends for cells that run one after another, without `ready`. */
async function events(cells: readonly string[]): Promise<KernelEvent[]> {
  const start: KernelRequest = { type: "start", library: `${site.url}lib/`, folder: "notebooks" };
  const runs = cells.map((code, index): KernelRequest => ({ type: "execute", count: index + 1, code }));
  return page.evaluate(
    ([start, ...runs]) =>
      new Promise<KernelEvent[]>((resolve, reject) => {
        const worker = new Worker("lib/kernel/kernel-worker.js", { type: "module" });
        const given: KernelEvent[] = [];
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.onmessage = ({ data }: MessageEvent<KernelEvent>) => {
          if (data.type === "output") return given.push(data);
          if (data.type !== "ready") given.push(data);
          const next = runs.shift();
          if (next) return worker.postMessage(next);
          // What comes after a cell is there by then
          setTimeout(() => {
            worker.terminate();
            resolve(given);
          }, 100);
        };
        worker.postMessage(start);
      }),
    [start, ...runs],
  );
}

/** An output in a line. */
const brief = (output: CellOutput): string =>
  output.type === "error"
    ? output.traceback.join("\n")
    : output.type === "stream"
      ? `${output.name}: ${output.text}`
      : `${output.type}: ${String(output.data["text/plain"] ?? JSON.stringify(output.data))}`;

async function seen(cells: readonly string[]): Promise<string[]> {
  return (await events(cells)).flatMap((event) =>
    event.type === "output"
      ? [brief(event.output)]
      : event.type === "done"
        ? event.failure
          ? [brief(event.failure), "done"]
          : ["done"]
        : [JSON.stringify(event)],
  );
}

const works = "console.log('on'); [6].map((x) => x * 7)";
/** What a worker sends for that cell where nothing is broken. */
const asAlways = ["stdout: on\n", "execute_result: [ 42 ]", "done"];

describe("a worker is done with every cell, and runs the next one:", () => {
  const CELLS: readonly (readonly [code: string, outputs: readonly unknown[]])[] = [
    ["", []],
    ["// nothing", []],
    ["import 'he-ml'", []],
    ["export const exported = 1", []],
    ["return 5", ["execute_result: 5"]],
    ["again: for (;;) break again", []],
    ["const x: = 1", ["SyntaxError: line 1, column 10: Type expected."]],
    ["\nnothing", ["ReferenceError: nothing is not defined\n    cell, line 2, column 1"]],
    [
      "import { six } from 'he-ml'",
      [
        expect.stringMatching(
          /^SyntaxError: import: expected an export of "he-ml", got "six".*\n {4}cell, line 1, column 1$/,
        ),
      ],
    ],
    ["import 'node:fs'", [expect.stringMatching(/^Error: import: expected one of .* got "node:fs"/)]],
    [
      "await using r = { [Symbol.asyncDispose]: async () => console.log('end') }; console.log('in')",
      ["stdout: in\nend\n"],
    ],
    [
      "console.log('a'); console.error('b'); console.log('c'); 'd'",
      ["stdout: a\n", "stderr: b\n", "stdout: c\n", "execute_result: d"],
    ],
    [
      "console.table([{ a: 1 }])",
      ["stdout: ┌─────────┬───┐\n│ (index) │ a │\n├─────────┼───┤\n│ 0       │ 1 │\n└─────────┴───┘\n"],
    ],
    ["() => 1", ["execute_result: [Function (anonymous)]"]],
    ["new Proxy({}, {})", ["execute_result: {}"]],
    ["10n ** 20n", ["execute_result: 100000000000000000000n"]],
    ["const o: { o?: object } = {}; o.o = o", ["execute_result: <ref *1> { o: [Circular *1] }"]],
    ["({ get a() { throw 1 } })", ["execute_result: { a: [Getter] }"]],
    [
      "new Float64Array(1e7)",
      [
        expect.stringMatching(
          /^execute_result: Float64Array\(10000000\) \[[\s0,]+... 9999900 more items\n\]$/,
        ),
      ],
    ],
    ["console.log({ a: new Array(1e7).fill(0) })", [expect.stringContaining("... 9999900 more items")]],
    [
      "const r = Proxy.revocable({}, {}); r.revoke(); r.proxy",
      [expect.stringMatching(/^TypeError: .*revoked/)],
    ],
    [
      "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/plain': () => 1 }) })",
      [expect.stringMatching(/^DataCloneError: .*could not be cloned/)],
    ],
    [
      "import { display } from 'tslab'; display.text('shown'); display.raw('text/plain', { f() {} })",
      ["display_data: shown", expect.stringMatching(/^DataCloneError: .*\n {4}cell, line 1, column 65$/)],
    ],
    ["throw { code: 3 }", ["thrown: { code: 3 }"]],
    ["throw Object.create(null)", ["thrown: [Object: null prototype] {}"]],
    ["const r = Proxy.revocable({}, {}); r.revoke(); throw r.proxy", ["thrown: a value that has no text"]],
    [
      "throw Object.defineProperty(new Error(), 'message', { get() { throw 1 } })",
      ["thrown: a value that has no text"],
    ],
    [
      "close()",
      [expect.stringMatching(/^Error: close: a cell cannot end its kernel; choose Restart Kernel\n/)],
    ],
    [
      "self.postMessage({ type: 'done' })",
      [expect.stringMatching(/^Error: postMessage: a cell shows what it has/)],
    ],
    ["onmessage = null; self.onerror = null", []],
    ["addEventListener('message', (event) => event.stopImmediatePropagation())", []],
    ["Object.assign(globalThis, { setTimeout: null, clearTimeout: null, performance: null }); void 0", []],
    ["const postMessage = 1, self = 2, onmessage = 3, close = 4, addEventListener = 5", []],
    ["const Promise = 1, Map = 2, Error = 3, Object = 4, String = 5, JSON = 6", []],
    ["const URL = 1, fetch = 2, performance = 3, crypto = 4, setTimeout = 5, name = 6", []],
    ["class Set {}; enum Symbol { A }; namespace Reflect { export const x = 1 }", []],
  ];
  test("all of a table, in one worker", async () => {
    const outputs = await seen(CELLS.flatMap(([code]) => [code, works]));
    const withoutNumbers = outputs.map((output) => output.replaceAll(/(?<=^ {4}cell) \d+(?=, line)/gm, ""));
    expect(withoutNumbers).toEqual(CELLS.flatMap(([, outputs]) => [...outputs, "done", ...asAlways]));
  });

  test("also where a cell has taken away what the kernel is made of", async () => {
    for (const code of [
      "Error = 1 as never",
      "String = 1 as never",
      "Array.prototype.map = 1 as never",
      "JSON = 1 as never",
      "Promise.prototype.then = 1 as never",
    ]) {
      const dones = (await seen([code, "2"])).filter((output) => output === "done");
      expect([code, ...dones]).toEqual([code, "done", "done"]);
    }
  });

  test("what one left behind fails under the cell that runs by then", async () => {
    const outputs = await seen([
      "setTimeout(() => { throw new RangeError('late') }); void Promise.reject(Object.create(null)); 1",
      "await new Promise((resolve) => setTimeout(resolve, 50))",
    ]);
    expect(outputs.filter((output) => output !== "done").sort()).toEqual([
      expect.stringMatching(/^RangeError: late\n {4}cell 1, line 1, column 26/),
      "execute_result: 1",
      "thrown: [Object: null prototype] {}",
    ]);
  });

  test("files and the library are of use where a cell has names of theirs", async () => {
    const outputs = await seen([
      "const performance = 0.9, crypto = 1, Map = 2, fetch = 3, Uint8Array = 4",
      "import fs from 'node:fs/promises'; const text = (await fs.readFile(new URL('file:///he-ml/models/lenet1/model.onnx'))).toString(); text.length > 100",
      "import { loadNetwork } from 'he-ml'; const network = await loadNetwork('lenet1'); typeof network + performance",
      "import { show } from 'he-ml/notebook'; await show(Map)",
    ]);
    expect(outputs).toEqual([
      "done",
      "execute_result: true",
      "done",
      "execute_result: object0.9",
      "done",
      "display_data: 2",
      "done",
    ]);
  });
});
