import { afterAll, beforeAll, expect, test } from "@jest/globals";
import axe from "axe-core";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../browsers.js";
import { classified, openPage } from "./chromium.js";
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

/** Runs the cell that the page shows, as a module that imports the package by its name. */
async function runCell(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Copy as TypeScript" }).click();
  const code = await page.locator(".source").textContent();
  const folder = await mkdtemp(join(tmpdir(), "he-ml-cell-"));
  try {
    await mkdir(join(folder, "node_modules"));
    await symlink(process.cwd(), join(folder, "node_modules/he-ml"));
    await writeFile(join(folder, "cell.ts"), code!);
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "cell.ts")]);
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("all ten test digits are classified right, encrypted", async () => {
  const { page, complaints } = await openPage(browser, `${site.url}#draw?model=lenet1`);
  for (let digit = 0; digit < 10; digit++) {
    await page.getByRole("button", { name: `Test digit ${digit}` }).click();
    expect(await classified(page, digit)).toContain(`The plain model says ${digit};`);
  }
  expect(await page.locator(".flow .stage").allTextContents()).toHaveLength(4);
  // What the server gets is no picture: a head that says whose it is, then bytes.
  expect(await page.locator(".hexadecimal pre").textContent()).toMatch(/^000000 {2}48 45 4d 4c/);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("where the page is isolated, threads compute what it asks its server", async () => {
  site.isIsolated = true;
  const { page, complaints } = await openPage(browser, `${site.url}#draw?model=mnist-small&digit=3`);
  await classified(page, 3);
  const [threads, cores] = await page.evaluate(async () => {
    const { held = [] } = await navigator.locks.query();
    return [
      held.filter(({ name }) => name!.startsWith("he-ml thread ")).length,
      navigator.hardwareConcurrency,
    ];
  });
  expect(threads).toBe(Math.min(2, cores));
  expect(complaints).toEqual([]);
  await page.context().close();
  site.isIsolated = false;
});

test("a digit is drawn and looked into; a link and a cell say the same of it", async () => {
  const { page, complaints } = await openPage(browser, `${site.url}#draw?model=mnist-small`);
  const box = (await page.locator(".board").boundingBox())!;
  const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
  // A 7, with one stroke.
  await page.mouse.move(...at(0.28, 0.2));
  await page.mouse.down();
  for (const [x, y] of [
    [0.5, 0.2],
    [0.72, 0.2],
    [0.6, 0.5],
    [0.45, 0.85],
  ]) {
    await page.mouse.move(...at(x, y), { steps: 4 });
  }
  await page.mouse.up();
  await classified(page, 7);
  expect(page.url()).toMatch(/#draw\?model=mnist-small&drawn=[\w-]{20,800}$/);

  await page.getByRole("button", { name: "Look inside" }).click();
  await page.getByRole("button", { name: "flatten+fc1+square2" }).click();
  const difference = page.locator(".pictures figcaption").nth(2);
  const [, measured, predicted] = /up to (.+); predicted (.+)$/.exec((await difference.textContent())!)!;
  for (const error of [measured, predicted]) expect(Number(error.replace("−", "-"))).toBeLessThan(0.1);

  const shared = await openPage(browser, page.url());
  await classified(shared.page, 7);
  await shared.page.locator(".pictures").waitFor();
  await shared.page.context().close();

  expect(await runCell(page)).toMatch(/It is a 7\nLargest difference to the plain model: 0\.0\d+\n/);

  expect(complaints).toEqual([]);
  await page.context().close();
});

test("at the bench a product is right, what is illegal is refused by the library's sentence, and so are parameters", async () => {
  const { page, complaints } = await openPage(browser, `${site.url}#bench`);
  const status = (text: string) => page.locator(".bench-status", { hasText: text }).waitFor();
  const step = async (name: string, done: string) => {
    await page.getByRole("button", { name, exact: true }).click();
    await status(done);
  };
  await page.getByRole("button", { name: "ramp" }).click();
  expect(page.url()).toMatch(/curve=A[\w-]{62}[89_-]/);
  await page.getByLabel("or numbers").fill("1, zwei");
  await page.getByLabel("or numbers").press("Enter");
  await page.getByText("Up to 64 numbers, with commas between").waitFor();
  await page.getByLabel("or numbers").fill("1, -2, 0.5");
  await page.getByLabel("or numbers").press("Enter");
  expect(page.url()).toContain("numbers=1%2C-2%2C0.5");
  await step("encode", "the last, encode,");
  await step("encrypt", "the last, encrypt,");
  await step("square", "the last, square,");
  const refusal = page.locator(".bench [role=alert]:not([hidden])", { hasText: ";" });
  await page.getByRole("button", { name: "rotate by 1" }).click();
  await refusal.waitFor();
  expect(await refusal.textContent()).toBe(
    "rotate: expected a ciphertext of 2 polynomials, got 3; relinearize it first",
  );
  await step("relinearize", "the last, relinearize,");
  await step("rescale", "5 steps done; the last, rescale,");
  const error = await page.locator(".steps tbody tr:last-child td").nth(1).textContent();
  expect(Number(error!.replace("−", "-"))).toBeLessThan(1e-3);
  expect(page.url()).toContain("steps=cqlr");
  expect(await runCell(page)).toMatch(/rescale level 1, scale 2\^30\.\d+: \[/);

  await page.goto(`${site.url}#bench?n=4096&chain=40-30-40&steps=c`);
  await status("These parameters are refused.");
  expect(await page.locator(".bench .box.error").textContent()).toContain(
    "110 coefficient-modulus bits at polyModulusDegree 4096 are below 128-bit security",
  );
  expect(await page.locator(".security").textContent()).toContain("Below 128-bit security");
  await page.getByLabel("teaching mode").check();
  await status("2 steps done; the last, encrypt,");
  expect(await page.locator(".security").textContent()).toContain("NO security");
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("a bad link is refused by a sentence, and the page works", async () => {
  const { page } = await openPage(browser, `${site.url}#draw?digit=12`);
  expect(await page.locator("#refusal").textContent()).toMatch(
    /^link: digit: expected a number from 0 to 9, got "12"/,
  );
  await classified(page, 7);
  await page.context().close();
});

test("in a site without live notebooks none is offered", async () => {
  const { page } = await openPage(browser, site.url);
  await page.getByRole("button", { name: "Download as a notebook" }).waitFor();
  expect(await page.getByRole("button", { name: "Open in a notebook" }).count()).toBe(0);
  await page.context().close();
});

test("a browser that cannot compute all is told so, and gets SEAL, or nothing to encrypt with", async () => {
  const without = async (script: () => void) => {
    const { page } = await openPage(browser, `${site.url}#draw?model=mnist-small&digit=7`, { script });
    return { page, told: await page.locator("#ability").textContent() };
  };
  const plain = await without(() => {
    // Relaxed SIMD's instructions begin with 0xfd.
    const { validate } = WebAssembly;
    WebAssembly.validate = (bytes) => !new Uint8Array(bytes as ArrayBuffer).includes(0xfd) && validate(bytes);
  });
  expect(plain.told).toMatch(/does not know WebAssembly's relaxed SIMD: SEAL computes/);
  await classified(plain.page, 7);
  expect(await plain.page.locator(".phases + .muted").textContent()).toBe(
    "Computed by SEAL: as planned for.",
  );
  await plain.page.context().close();

  const unable = await without(() => (WebAssembly.validate = () => false));
  expect(unable.told).toMatch(/does not know WebAssembly's exceptions, so nothing can be encrypted in it/);
  expect(await unable.page.locator(".logits").count()).toBe(0);
  await unable.page.context().close();
});

test("no worker reaches another site than its own", async () => {
  const { page } = await openPage(browser, `${site.url}#bench`);
  const [worker] = page.workers().length > 0 ? page.workers() : [await page.waitForEvent("worker")];
  const elsewhere = site.url.replace("127.0.0.1", "localhost");
  const reached = (url: string) =>
    worker.evaluate(
      (at) =>
        fetch(at, { mode: "no-cors" }).then(
          () => true,
          () => false,
        ),
      url,
    );
  expect(await reached(site.url)).toBe(true);
  expect(await reached(elsewhere)).toBe(false);
  await page.context().close();
});

test("axe finds nothing serious, wide and narrow, light and dark", async () => {
  const { page } = await openPage(browser, `${site.url}#draw?model=mnist-small&digit=4&inside=1`);
  await page.locator(".pictures").waitFor();
  const found: string[] = [];
  const look = async (what: string) => {
    for (const width of [1200, 360]) {
      await page.setViewportSize({ width, height: 800 });
      const { scrollWidth } = await page.evaluate(() => ({
        scrollWidth: document.documentElement.scrollWidth,
      }));
      expect(scrollWidth).toBeLessThanOrEqual(width);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const { violations } = await page.evaluate(() =>
          (globalThis as unknown as { axe: typeof axe }).axe.run(),
        );
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        found.push(
          ...serious.map(({ id, nodes }) => `${what}, ${width}, ${colorScheme}: ${id} ${nodes[0].html}`),
        );
      }
    }
  };
  await page.evaluate(axe.source);
  await look("draw");
  await page.evaluate(() => (location.hash = "#bench?n=4096&chain=40-30-39&steps=cqt"));
  await page.locator(".plot").first().waitFor();
  await look("bench");
  expect(found).toEqual([]);
  await page.context().close();
});

test("it is less than 3 MB, compressed, with both models", async () => {
  const folders = ["playground", "lib/models/lenet1", "lib/models/mnist-small"];
  let bytes = 0;
  for (const folder of folders) {
    for (const name of await readdir(join(site.folder, folder))) {
      bytes += gzipSync(await readFile(join(site.folder, folder, name))).length;
    }
  }
  expect(bytes).toBeLessThan(1_200_000);
});
