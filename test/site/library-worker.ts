import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type * as HeMl from "../../src/he-ml/browser/index.js";
import type * as Onnx from "../../src/he-ml/browser/onnx/index.js";
import type * as Train from "../../src/train/browser/index.js";
import { launchChromium } from "../browsers.js";

/** Modules of the site's `lib/`, as a worker imports them. */
export interface Library {
  readonly heMl: typeof HeMl;
  readonly onnx: typeof Onnx;
  readonly train: typeof Train;
}

export interface HostOptions {
  /** Whether pages get the headers that isolate them. */
  readonly isolated?: boolean;
  /** Files of `lib/` that the host does not have. */
  readonly leftOut?: readonly string[];
}

/** The built library, under a sub-path of a host of this machine, and Chromium. */
export interface LibraryWorkers {
  /**
   * Runs a function in a new page's module worker. It is sent as text: it sees nothing but the library and what it is given.
   *
   * @returns its result, and the files of `lib/` that were asked for
   */
  run<Given, T>(
    work: (library: Library, given: Given) => Promise<T>,
    given: Given,
    options?: HostOptions,
  ): Promise<{ readonly result: T; readonly asked: readonly string[] }>;
  close(): Promise<void>;
}

const worker = `onmessage = async ({ data: { work, given } }) => {
  try {
    const [heMl, onnx, train] = await Promise.all(["he-ml", "onnx", "train"].map((name) => import("./lib/" + name + ".js")));
    postMessage({ result: await (0, eval)("(" + work + ")")({ heMl, onnx, train }, given) });
  } catch (error) {
    postMessage({ error: String(error?.stack ?? error) });
  }
};`;

const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".wasm": "application/wasm" };

const isolating = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

export async function openLibrary(): Promise<LibraryWorkers> {
  const out = await mkdtemp(join(tmpdir(), "he-ml-library-"));
  // In a process of its own, as Jest's modules resolve no names of packages
  const script = `await (await import(${JSON.stringify(pathToFileURL("dist/site/library-bundle.js").href)})).buildLibrary(${JSON.stringify(out)})`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  const browser = await launchChromium();
  return {
    async run(work, given, { isolated = false, leftOut = [] } = {}) {
      const asked: string[] = [];
      const host = createServer(async ({ url = "" }, response) => {
        const path = url.replace("/course/", "");
        const headers = isolated ? isolating : {};
        const name = path.replace("lib/", "");
        if (path.startsWith("lib/")) asked.push(name);
        const file =
          path === "index.html"
            ? "<!doctype html>"
            : path === "worker.js"
              ? worker
              : leftOut.includes(name)
                ? undefined
                : await readFile(join(out, path)).catch(() => undefined);
        const type = types[extname(path)] ?? "text/html";
        response.writeHead(file === undefined ? 404 : 200, { "content-type": type, ...headers });
        response.end(file);
      });
      await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
      const page = await browser.newPage();
      try {
        const { port } = host.address() as AddressInfo;
        await page.goto(`http://127.0.0.1:${port}/course/index.html`);
        const answer = await page.evaluate(answerOfWorker, { work: work.toString(), given });
        if (answer.error !== undefined) throw new Error(`the worker: ${answer.error}`);
        return { result: answer.result as Awaited<ReturnType<typeof work>>, asked };
      } finally {
        await page.close();
        host.close();
        host.closeAllConnections();
      }
    },
    async close() {
      await browser.close();
      await rm(out, { recursive: true });
    },
  };
}

/** In the page. */
const answerOfWorker = (message: object) =>
  new Promise<{ readonly result?: unknown; readonly error?: string }>((resolve) => {
    type Started = { onmessage: unknown; postMessage(message: object): void };
    const { Worker } = globalThis as unknown as { Worker: new (url: string, options: object) => Started };
    const started = new Worker("worker.js", { type: "module" });
    started.onmessage = ({ data }: { data: { readonly result?: unknown; readonly error?: string } }) =>
      resolve(data);
    started.postMessage(message);
  });
