import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
// Processes that compute run what is built, and so does the server.
import { serve } from "../../dist/he-ml/node/rest/serve.js";
import { secretKeyFromBytes } from "../../src/he-ml/crypto/key-bytes.js";
import { checkParameters } from "../../src/he-ml/crypto/parameters.js";
import { secretBlocks } from "../he-ml/network/secret-search.js";
import { launchChromium } from "../browsers.js";
import { classified, openPage } from "./chromium.js";
import { holdsSecret, piecesOf } from "./holds-secret.js";
import { hook, leaks } from "./key-worker-hook.js";
import { openProxy } from "./proxy.js";
import { openSite, type Site } from "./site.js";

type FoundKey =
  { readonly file: readonly number[] } | { readonly key: readonly number[]; readonly parameters: unknown };
declare const secretKeysForTheTest: () => FoundKey[];
declare const otherWays: string[];
declare const keyWorkersMessages: unknown[];

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** Before anything of the page runs: keeps whatever the key worker sends to it. */
function keepMessages(): void {
  const messages: unknown[] = [];
  Object.assign(globalThis, { keyWorkersMessages: messages });
  const Plain = Worker;
  globalThis.Worker = class extends Plain {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      if (options?.name === "key-worker") {
        this.addEventListener("message", ({ data }) => messages.push(data));
      }
    }
  };
}

async function keyWorkerOf(page: Page) {
  for (const worker of page.workers()) {
    if (await worker.evaluate(() => self.name === "key-worker")) return worker;
  }
  throw new Error("there is no key worker");
}

/** All that a browser keeps for a site, as strings and bytes. */
const stored = (page: Page) =>
  page.evaluate(async () => {
    const caches = await globalThis.caches.keys();
    const databases = await indexedDB.databases();
    const folder = await navigator.storage.getDirectory();
    const files: string[] = [];
    for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys())
      files.push(name);
    return [
      ...Object.entries({ ...localStorage, ...sessionStorage }).map(String),
      ...caches.map((name) => `cache ${name}`),
      ...databases.map(({ name }) => `database ${name}`),
      ...files.map((name) => `file ${name}`),
      ...document.cookie.split(";").filter(Boolean),
    ];
  });

/** Pieces of a key, many of it as it is exported, and some of each other form that its coefficients may have. */
function piecesOfKey(found: FoundKey): number[][] {
  const { secretKey, parameters } =
    "file" in found
      ? secretKeyFromBytes(Uint8Array.from(found.file))
      : { secretKey: Uint8Array.from(found.key), parameters: checkParameters(found.parameters) };
  const otherForms = [...secretBlocks(secretKey, parameters)].flatMap(([, blocks]) =>
    [blocks[3], blocks[blocks.length >> 1]].map((block) => {
      // What begins with zeros begins nearly everywhere.
      const bytes = [...block];
      return bytes.slice(bytes.findIndex((byte) => byte !== 0));
    }),
  );
  return [...piecesOf([...secretKey]), ...otherForms];
}

/** Where pieces of the secret keys were found, of all ways out of the key worker. */
async function waysOut(page: Page, site: Site, ...others: unknown[]): Promise<string[]> {
  const worker = await keyWorkerOf(page);
  const keys = await worker.evaluate(() => secretKeysForTheTest());
  const pieces = keys.flatMap(piecesOfKey);
  expect(pieces.length).toBeGreaterThan(100);
  const isInMessages = await page.evaluate(
    ({ pieces, source }) => {
      const holds = new Function(`return ${source}`)() as typeof holdsSecret;
      return holds(keyWorkersMessages, pieces);
    },
    { pieces, source: holdsSecret.toString() },
  );
  expect(await page.evaluate(() => keyWorkersMessages.length)).toBeGreaterThan(0);
  const ways = {
    "in a message": isInMessages,
    "in a request": holdsSecret([site.requests, others], pieces),
    "in storage": (await stored(page)).length > 0,
    "by another way": (await worker.evaluate(() => otherWays)).length > 0,
  };
  return Object.entries(ways)
    .filter(([, isFound]) => isFound)
    .map(([way]) => way);
}

test("the secret key is in no request, no message out of the key worker and no storage", async () => {
  await using site = await openSite(hook);
  await using proxy = await openProxy();
  const { page } = await openPage(browser, `${site.url}#draw?model=mnist-small&inside=2&digit=1`, {
    script: keepMessages,
    bypassCSP: true,
  });
  await classified(page, 1);
  await page.locator(".pictures").waitFor();
  await page.getByRole("link", { name: "CKKS bench" }).click();
  await page.getByRole("button", { name: "encode" }).click();
  await page.getByRole("button", { name: "encrypt" }).click();
  await page.getByRole("button", { name: "square" }).click();
  await page.locator(".bench-status", { hasText: "the last, square," }).waitFor();
  expect(await waysOut(page, site)).toEqual([]);

  await using server = await serve({
    config: { models: [{ name: "mnist-small" }] },
    ...{ processes: 1, cors: [new URL(site.url).origin] },
  });
  proxy.target = server.url;
  const remote = await openPage(
    browser,
    `${site.url}#draw?model=mnist-small&digit=2&server=${encodeURIComponent(proxy.url)}`,
    { script: keepMessages, bypassCSP: true },
  );
  await remote.page.getByRole("button", { name: "Let it compute" }).click();
  await classified(remote.page, 2);
  expect(proxy.requests.some(({ body }) => body.length > 1_000_000)).toBe(true);
  expect(await waysOut(remote.page, site, proxy.requests)).toEqual([]);
});

test("leaks that were planted are found, each", async () => {
  await using site = await openSite(hook, Object.values(leaks).join("\n"));
  const { page } = await openPage(browser, `${site.url}#draw?model=mnist-small&digit=1`, {
    script: keepMessages,
    bypassCSP: true,
  });
  await classified(page, 1);
  expect(await waysOut(page, site)).toEqual(Object.keys(leaks));
});
