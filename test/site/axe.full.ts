import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { pageAddresses } from "../../dist/site/page-addresses.js";
import { serveSite, type ServedSite } from "../../dist/site/serve-site.js";
import { TestFolder } from "../notebook/support.js";
import { launchChromium, launchFirefox } from "../browsers.js";

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

let folder: TestFolder;
let site: ServedSite;
let browser: Browser;
let axe: string;
beforeAll(async () => {
  folder = await TestFolder.create();
  const out = join(folder.path, "site");
  await promisify(execFile)(process.execPath, ["bin/he-ml.js", "site", "--out", out]);
  site = await serveSite(out, 0);
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  browser = await launchChromium();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await folder?.remove();
});

const looks = [
  ["wide, light", 1280, "light"],
  ["narrow, dark", 360, "dark"],
] as const;

test.each(looks)(
  "%s: no page scrolls sideways, and axe finds nothing serious",
  async (_look, width, colorScheme) => {
    // Axe is run by the test, not by the page, whose policy would refuse it.
    const context = await browser.newContext({
      ...{ viewport: { width, height: 900 }, colorScheme, bypassCSP: true },
    });
    const found: object[] = [];
    for (const path of ["index.html", ...pageAddresses.values()]) {
      const page = await context.newPage();
      await page.goto(new URL(path, site.url).href, { waitUntil: "load" });
      await page.addScriptTag({ content: axe });
      const { violations } = await page.evaluate(() =>
        (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
      );
      const widest = await page.evaluate<number>("document.documentElement.scrollWidth");
      if (widest > width) found.push({ path, widest });
      for (const { id, impact, nodes } of violations) {
        if (impact === "serious" || impact === "critical") found.push({ path, id, first: nodes[0].html });
      }
      await page.close();
    }
    await context.close();
    expect(found).toEqual([]);
  },
  900_000,
);

test("every figure is drawn in Firefox, from a host and from a file", async () => {
  const firefox = await launchFirefox();
  const page = await firefox.newPage();
  const figures = [];
  for (const base of [site.url, pathToFileURL(`${join(folder.path, "site")}/`).href]) {
    for (const path of pageAddresses.values()) {
      await page.goto(new URL(path, base).href, { waitUntil: "load" });
      const all = await page.evaluate(() => document.querySelectorAll("figure.interactive").length);
      await page.waitForFunction(
        (count: number) => document.querySelectorAll(".plot:has(svg.main-svg)").length === count,
        { timeout: 60_000 },
        all,
      );
      figures.push(all);
    }
  }
  await firefox.close();
  expect(figures.filter((count) => count > 0).length).toBeGreaterThan(20);
}, 600_000);
