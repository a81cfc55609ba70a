import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Page } from "puppeteer-core";
import type { Files } from "./pages.js";
import { serve } from "./static-server.js";
import type { ThreadsPage } from "./threads-page.js";
import { cases, expectServed, folderOf, threadCases, type Expected } from "./thread-cases.js";
import { launchFirefox } from "../browsers.js";

declare const page: ThreadsPage;

let browser: Browser;
let files: Files;
let expected: ReadonlyMap<string, Expected>;
beforeAll(async () => {
  ({ files, expected } = await threadCases());
  browser = await launchFirefox();
});
afterAll(() => browser.close());

async function visit<T>(isIsolated: boolean, work: (opened: Page) => Promise<T>): Promise<T> {
  const server = await serve(files, isIsolated);
  const opened = await browser.newPage();
  try {
    await opened.goto(`${server.url}/index.html`);
    await opened.waitForFunction(() => "page" in globalThis);
    return await work(opened);
  } finally {
    await opened.close();
    await server.close();
  }
}

test.each(cases)("an isolated page computes packing %s by %s on threads as Node does", async (...each) => {
  const folder = folderOf(each);
  const [inPage, inWorker] = await visit(true, (opened) =>
    opened.evaluate(
      async (at) => [
        await page.serve({ folder: at, threads: 2 }),
        await page.serveInWorker({ folder: at, threads: 2 }),
      ],
      folder,
    ),
  );
  expectServed(inPage, 2, expected.get(folder)!);
  expectServed(inWorker, 2, expected.get(folder)!);
});

test("a page that is not isolated computes in the thread that asks", async () => {
  const served = await visit(false, (opened) =>
    opened.evaluate(() => page.serve({ folder: "packed-kernel" })),
  );
  expectServed(served, 0, expected.get("packed-kernel")!);
});

test.each(["it ends", "it throws"] as const)("a thread that is lost is an error: %s", async (how) => {
  const said = await visit(true, (opened) =>
    opened.evaluate((way) => page.lose({ folder: "packed-kernel" }, way), how),
  );
  const died = "Error: server: one of its threads died, and it stopped; start another";
  expect(said).toEqual([died, died, 0]);
});

test("without its script a thread does not start, and it is said why", async () => {
  files = new Map([...files].filter(([path]) => path !== "/thread-worker.js"));
  const said = await visit(true, (opened) =>
    opened.evaluate(() => page.serve({ folder: "packed-kernel" }).then(() => "", String)),
  );
  expect(said).toMatch(/^InputError: server: a thread does not start: .*thread-worker\.js/);
});
