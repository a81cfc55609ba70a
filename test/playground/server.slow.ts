import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
// Processes that compute run what is built, and so does the server.
import { serve } from "../../dist/he-ml/node/rest/serve.js";
import { launchChromium } from "../browsers.js";
import { classified, openPage } from "./chromium.js";
import { openProxy } from "./proxy.js";
import { openSite, type Site } from "./site.js";

let site: Site;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([openSite(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await site[Symbol.asyncDispose]();
});

const start = () =>
  serve({
    config: { models: [{ name: "mnist-small" }] },
    ...{ processes: 1, cors: [new URL(site.url).origin] },
  });

test("a server computes; stopped in the middle it is missed by a sentence, and back it is found again", async () => {
  await using proxy = await openProxy();
  const { page } = await openPage(browser, `${site.url}#draw?model=mnist-small&digit=0`);
  await classified(page, 0);

  const first = await start();
  proxy.target = first.url;
  await page.getByText("Who computes: a worker of this page").click();
  await page.getByLabel("a server").check();
  await page.getByLabel("Address").fill("ftp://nowhere");
  await page.getByRole("button", { name: "Use this server" }).click();
  expect(await page.locator("#server-refusal").textContent()).toMatch(/^link: server: expected an address/);
  await page.getByLabel("Address").fill(proxy.url);
  await page.getByRole("button", { name: "Use this server" }).click();
  await page.waitForURL(/server=/);
  expect(await classified(page, 0)).toContain("The plain model says 0;");
  expect(await page.locator(".phases").textContent()).toContain("upload");
  expect(await page.locator(".hexadecimal figcaption").allTextContents()).toContainEqual(
    expect.stringMatching(/^POST http:.*\/sessions.*: 1[\d,]+ bytes/),
  );

  await first.close();
  proxy.target = undefined;
  await page.getByRole("button", { name: "Test digit 5" }).click();
  const failure = page.locator(".draw .box.error", { hasText: "cannot be reached" });
  await failure.waitFor();
  expect(await failure.textContent()).toContain(
    `see that "he-ml serve --cors ${new URL(site.url).origin}" runs there`,
  );
  const asked = proxy.requests.length;
  await page.getByRole("button", { name: "Try again" }).click();
  while (proxy.requests.length === asked) await page.waitForTimeout(50);
  await failure.waitFor();

  // Another process, which knows nothing of keys that were sent before.
  await using second = await start();
  proxy.target = second.url;
  await page.getByRole("button", { name: "Try again" }).click();
  await classified(page, 5);
  await page.getByRole("button", { name: "Test digit 6" }).click();
  await classified(page, 6);

  await page.getByLabel("a worker of this page").check();
  await page.getByRole("button", { name: "Test digit 8" }).click();
  await classified(page, 8);
  expect(page.url()).not.toContain("server=");
});

test("a link does not make the page ask a server before whoever opened it agrees", async () => {
  await using proxy = await openProxy();
  const link = `${site.url}#draw?model=mnist-small&digit=2&server=${encodeURIComponent(proxy.url)}`;
  const { page } = await openPage(browser, link);
  await page.locator(".draw .box.warning", { hasText: `wants ${proxy.url} to compute` }).waitFor();
  await page.getByRole("button", { name: "Test digit 3" }).click();
  await page.getByRole("button", { name: "Compute in this page" }).click();
  await classified(page, 3);
  expect(page.url()).not.toContain("server=");
  expect(proxy.requests).toEqual([]);
});
