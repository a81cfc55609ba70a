import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { bundle, type Bundle } from "./bundle.js";
import { serve } from "./static-server.js";
import { launchChromium } from "../browsers.js";

const wasm = "node_modules/node-seal/dist/seal_throws.wasm";
export const kernels = ["doubles.wasm", "integers.wasm", "doubles-shared.wasm", "integers-shared.wasm"];

export type Files = ReadonlyMap<string, string | Uint8Array>;

export interface VisitOptions {
  readonly leftOut?: readonly string[];
  readonly isIsolated?: boolean;
}

/** Chromium, and what the bundled page is served with. */
export interface Pages {
  readonly bundled: Bundle;
  /** Opens the page on a server that has all files but those left out, and tells what it complained of. */
  visit<T>(
    work: (opened: Page) => Promise<T>,
    options?: VisitOptions,
  ): Promise<{ readonly result: T; readonly complaints: readonly string[] }>;
  close(): Promise<void>;
}

/** A page, bundled, and what its scripts fetch. @param paths of files that are served beside it, under their own names */
export async function pageFiles(
  page: string,
  worker: string,
  paths: readonly string[] = [],
): Promise<{ readonly bundled: Bundle; readonly files: Map<string, string | Uint8Array> }> {
  const bundled = await bundle(page, worker);
  const index = `<!doctype html><link rel="icon" href="data:,"><script type="module" src="page.js"></script>`;
  const files = new Map<string, string | Uint8Array>([["/index.html", index]]);
  for (const [name, script] of bundled.scripts) files.set(`/${name}`, script);
  for (const path of paths) files.set(`/${path}`, await readFile(path));
  files.set("/seal_throws.wasm", await readFile(wasm));
  for (const name of kernels) files.set(`/${name}`, await readFile(`dist/he-ml/kernels/${name}`));
  return { bundled, files };
}

/** @param paths of files that are served beside the page, under their own names */
export async function openPages(paths: readonly string[] = []): Promise<Pages> {
  return pagesOf(await pageFiles("page", "worker", paths));
}

export async function pagesOf({
  bundled,
  files,
}: {
  readonly bundled: Bundle;
  readonly files: Files;
}): Promise<Pages> {
  const browser = await launchChromium();
  return {
    bundled,
    async visit(work, { leftOut = [], isIsolated } = {}) {
      const server = await serve(new Map([...files].filter(([path]) => !leftOut.includes(path))), isIsolated);
      const opened = await browser.newPage();
      const complaints: string[] = [];
      opened.on("pageerror", (error) => complaints.push(String(error)));
      opened.on("console", (message) => complaints.push(message.text()));
      try {
        await opened.goto(`${server.url}/index.html`);
        await opened.waitForFunction(() => "page" in globalThis);
        return { result: await work(opened), complaints };
      } finally {
        await opened.close();
        await server.close();
      }
    },
    close: () => browser.close(),
  };
}
