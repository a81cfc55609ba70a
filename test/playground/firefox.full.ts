import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Page } from "puppeteer-core";
// Processes that compute run what is built, and so does the server.
import { serve } from "../../dist/he-ml/node/rest/serve.js";
import { openProxy } from "./proxy.js";
import { openSite, type Site } from "./site.js";
import { launchFirefox } from "../browsers.js";

let site: Site;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([openSite(), launchFirefox()]);
});
afterAll(async () => {
  await browser.close();
  await site[Symbol.asyncDispose]();
});

async function open(link: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${site.url}${link}`);
  await page.waitForSelector("html[data-ready]");
  return page;
}

/** Waits for an element whose text has a piece, and gives the whole. */
async function textWith(page: Page, selector: string, piece: string): Promise<string> {
  const found = await page.waitForFunction(
    (at: string, text: string) =>
      [...document.querySelectorAll(at)]
        .map((each) => each.textContent ?? "")
        .find((each) => each.includes(text)),
    { timeout: 90_000 },
    selector,
    piece,
  );
  return String(await found.jsonValue());
}

async function press(page: Page, label: string): Promise<void> {
  await page.evaluate((name: string) => {
    const buttons = [...document.querySelectorAll("button")];
    buttons.find((each) => each.textContent === name || each.getAttribute("aria-label") === name)!.click();
  }, label);
}

test("all ten test digits are classified right, and a link says the same", async () => {
  const page = await open("#draw?model=lenet1");
  for (let digit = 0; digit < 10; digit++) {
    await press(page, `Test digit ${digit}`);
    const sentence = await textWith(page, ".verdict", `It is a ${digit},`);
    expect(sentence).toContain(`The plain model says ${digit};`);
  }
  const shared = await open(new URL(page.url()).hash);
  await textWith(shared, ".verdict", "It is a 9,");
  await press(shared, "Look inside");
  await textWith(shared, ".pictures figcaption", "decrypted");
  await Promise.all([page.close(), shared.close()]);
});

test("the bench computes, and refuses", async () => {
  const page = await open("#bench?n=4096&chain=40-30-39&scale=30&steps=cqlr");
  await textWith(page, ".bench-status", "5 steps done; the last, rescale,");
  await press(page, "square");
  await textWith(page, ".bench .box", "square: ");
  await page.close();
  const refused = await open("#bench?n=4096&chain=40-30-40&steps=c");
  await textWith(refused, ".bench .box", "are below 128-bit security");
  await refused.close();
});

test("a server that is stopped in the middle is missed, and found again", async () => {
  await using proxy = await openProxy();
  const start = () =>
    serve({ config: { models: [{ name: "mnist-small" }] }, processes: 1, cors: [new URL(site.url).origin] });
  const first = await start();
  proxy.target = first.url;
  const page = await open(`#draw?model=mnist-small&digit=3&server=${encodeURIComponent(proxy.url)}`);
  await press(page, "Let it compute");
  await textWith(page, ".verdict", "It is a 3,");
  await first.close();
  proxy.target = undefined;
  await press(page, "Test digit 5");
  await textWith(page, ".draw .box.error", "cannot be reached");
  await using second = await start();
  proxy.target = second.url;
  await press(page, "Try again");
  await textWith(page, ".verdict", "It is a 5,");
  await page.close();
});

test("a worker of the page reaches its own site, and no other", async () => {
  const page = await open("#bench");
  const reached = (url: string) =>
    page.evaluate((at: string) => {
      const code = `fetch(${JSON.stringify(at)}, { mode: "no-cors" }).then(() => postMessage(true), () => postMessage(false));`;
      const worker = new Worker(URL.createObjectURL(new Blob([code])));
      return new Promise<boolean>((resolve) => {
        worker.onmessage = ({ data }: MessageEvent<boolean>) => resolve(data);
      });
    }, url);
  expect(await reached(site.url)).toBe(true);
  expect(await reached(site.url.replace("127.0.0.1", "localhost"))).toBe(false);
  await page.close();
});
