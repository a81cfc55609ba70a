import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { JSDOM } from "jsdom";
import { execFile } from "node:child_process";
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { serveSite } from "../../dist/site/serve-site.js";
import type { BuiltSite } from "../../src/site/build-site.js";
import { readNotebook } from "../../src/notebook/runner/notebook-file.js";
import { integrityOf } from "../../src/viz/self-contained-page.js";
import { heMl } from "../cli/he-ml.js";
import { liveCases } from "./live-cases.js";
import { showApplication } from "./live-notebook.js";
import { TestFolder } from "../notebook/support.js";
import { launchChromium } from "../browsers.js";

let folder: TestFolder;
let browser: Browser;
/** What it printed. */
let built: BuiltSite;
const pages = new Map<string, Document>();
const site = () => join(folder.path, "site");
beforeAll(async () => {
  folder = await TestFolder.create();
  // Vite's bundler cannot be called from within jest's own realm.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    ...["bin/he-ml.js", "site", "--json", "--out", site()],
  ]);
  expect(stderr).toBe("");
  built = JSON.parse(stdout) as BuiltSite;
  for (const path of await readdir(site(), { recursive: true })) {
    // JupyterLite's own pages are its own.
    if (!path.endsWith(".html") || path.startsWith("live/")) continue;
    pages.set(path, new JSDOM(await readFile(join(site(), path), "utf8")).window.document);
  }
  await showApplication(site());
  browser = await launchChromium();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await folder?.remove();
});

test("every link within the site leads to a page, and every fragment to a place in it", async () => {
  const dead: string[] = [];
  const live = new Set<string>();
  for (const [path, document] of pages) {
    for (const link of document.querySelectorAll("a[href]")) {
      const href = link.getAttribute("href")!;
      if (/^[a-z]+:/.test(href)) continue;
      // There it is what is shown, not where.
      if (path === "playground/index.html" && href.startsWith("#")) continue;
      const [, notebook] = /^(?:\.\.\/)*live\/notebooks\/index\.html\?path=(.+)$/.exec(href) ?? [];
      if (notebook !== undefined) {
        if (!(await stat(join(site(), "live/files", notebook)).catch(() => undefined))) dead.push(href);
        live.add(notebook);
        continue;
      }
      const [to, fragment] = href.split("#");
      const target = pages.get(to === "" ? path : posix.join(posix.dirname(path), to));
      if (!target || (fragment && !target.getElementById(decodeURIComponent(fragment)))) {
        dead.push(`${path}: ${href}`);
      }
    }
  }
  expect(dead).toEqual([]);
  expect(live.size).toBeGreaterThan(20);
});

test("the sizes of all that was built are told", async () => {
  const paths = built.pages.map(({ path }) => path);
  expect(paths.sort()).toEqual([...pages.keys()].filter((path) => !path.startsWith("playground/")).sort());
  const { bytes } = built.plotly;
  expect(bytes).toBe((await stat(join(site(), "lessons/plotly.js"))).size);
  for (const size of [...built.pages, built.plotly, built.playground, built.live!]) {
    expect(size.bytes).toBeGreaterThan(size.gzipBytes);
  }
});

test("every page has a policy, loads nothing from elsewhere, and shows no solution", async () => {
  expect(pages.size).toBeGreaterThan(30);
  const plotly = integrityOf(await readFile(join(site(), "lessons/plotly.js"), "utf8"));
  for (const [path, document] of pages) {
    if (path.startsWith("playground/")) continue;
    const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content");
    expect(policy).toMatch(
      /^default-src 'none'; script-src ('none'|'sha256-[\w+/=]+'( 'sha256-[\w+/=]+')*( 'strict-dynamic')?);/,
    );
    const loading = [...document.scripts].filter(({ text }) => text.includes("plotly.src ="));
    const isDrawn = document.querySelector(".plot") !== null;
    expect({ path, loading: loading.length }).toEqual({ path, loading: isDrawn ? 1 : 0 });
    expect(policy!.includes("'strict-dynamic'")).toBe(isDrawn);
    for (const { text } of loading) {
      const [, address] = /plotly\.src = "([^"]+)"/.exec(text)!;
      expect(posix.join(posix.dirname(path), address)).toBe("lessons/plotly.js");
      expect(text).toContain(`plotly.integrity = "${plotly}"`);
    }
    const loads = [...document.querySelectorAll("[src], link[href]")].map(
      (element) => element.getAttribute("src") ?? element.getAttribute("href")!,
    );
    expect({ path, loads: loads.filter((address) => !address.startsWith("data:")) }).toEqual({
      path,
      loads: [],
    });
    expect(document.body.textContent).not.toContain("BEGIN SOLUTION");
    expect({ path, bars: document.querySelectorAll(".bar").length }).toEqual({
      path,
      bars: path === "index.html" ? 0 : 1,
    });
  }
});

test("no page shows what solves its exercises", async () => {
  const text = (of: string) => of.replaceAll(/\s+/g, " ").trim();
  let solutions = 0;
  const shown: string[] = [];
  for (const name of (await readdir("notebooks")).filter((file) => /^\d\d-.*\.ipynb$/.test(file))) {
    const { cells } = await readNotebook(join("notebooks", name));
    const authors = cells.map(({ source }) => source).join("\n");
    const found = Array.from(
      authors.matchAll(/BEGIN SOLUTION\n(.*?)\/\/ END SOLUTION/gs),
      ([, solution]) => solution,
    );
    solutions += found.length;
    for (const folder of ["lessons", "lessons/exercises"]) {
      const path = `${folder}/${name.replace(".ipynb", ".html")}`;
      const page = text(pages.get(path)!.body.textContent!);
      shown.push(
        ...found.filter((solution) => page.includes(text(solution))).map((solution) => path + solution),
      );
    }
  }
  expect(solutions).toBeGreaterThan(30);
  expect(shown).toEqual([]);
});

test("a folder that holds something else is left alone", async () => {
  const other = join(folder.path, "other");
  await mkdir(other);
  await writeFile(join(other, "kept"), "");
  const { status, stderr } = await heMl(["site", "--out", other]);
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringMatching(/^he-ml: --out: expected an empty folder or an earlier site, [^\n]*\n$/),
  });
  expect(await readdir(other)).toEqual(["kept"]);
});

test("the playground, its models and the library are there", async () => {
  const playground = pages.get("playground/index.html")!;
  const policy = playground.querySelector("meta[http-equiv]")!.getAttribute("content")!;
  expect(policy).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';");
  const needed = [...playground.querySelectorAll("[src], link[href]")]
    .map((element) => element.getAttribute("src") ?? element.getAttribute("href")!)
    .filter((address) => !address.startsWith("data:"))
    .map((address) => join("playground", address));
  expect(needed.length).toBeGreaterThan(1);
  for (const path of [...needed, "lib/models/lenet1/model.onnx", "lib/he-ml.js", "lib/seal_throws.wasm"]) {
    expect((await readFile(join(site(), path))).length).toBeGreaterThan(0);
  }
});

test("it is served under a sub-path, isolated, until it is closed; a port that is taken is refused", async () => {
  const { url, close } = await serveSite(site(), 0);
  const front = await fetch(new URL("/", url));
  expect(front.url).toBe(url);
  expect(await front.text()).toBe(await readFile(join(site(), "index.html"), "utf8"));
  const wasm = await fetch(new URL("lib/seal_throws.wasm", url));
  await wasm.arrayBuffer();
  expect(Object.fromEntries(wasm.headers)).toMatchObject({
    "content-type": "application/wasm",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  });
  expect((await fetch(new URL("nothing.html", url))).status).toBe(404);
  const { port } = new URL(url);
  await expect(serveSite(site(), Number(port))).rejects.toThrow(
    /^--port: \d+ cannot be listened on \(EADDRINUSE\); choose another, or 0 for any$/,
  );
  await close();
  await expect(fetch(url)).rejects.toThrow();
});

test("a port that is taken is refused before the site is built", async () => {
  const { url, close } = await serveSite(site(), 0);
  const out = join(folder.path, "unbuilt");
  const { status, stderr } = await heMl(["site", "--serve", "--port", new URL(url).port, "--out", out]);
  await close();
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringMatching(/^he-ml: --port: \d+ cannot be listened on \(EADDRINUSE\)[^\n]*\n$/),
  });
  await expect(stat(out)).rejects.toThrow("ENOENT");
});

const lesson = "lessons/00-the-black-box.html";
const figuresAre = (selector: string) =>
  `document.querySelectorAll("figure.interactive").length === 2 && document.querySelectorAll("${selector}").length === 2`;

test("figures are drawn by the one plotly, from a host and from a file; where it is missing or another, pictures stand in", async () => {
  const { url, close } = await serveSite(site(), 0);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  for (const base of [url, pathToFileURL(`${site()}/`).href]) {
    await page.goto(new URL(lesson, base).href);
    await page.waitForFunction(figuresAre(".plot:has(svg.main-svg)"));
  }
  expect(complaints).toEqual([]);
  for (const answer of [{ status: 404 }, { contentType: "text/javascript", body: "Plotly = 1" }]) {
    await page.route("**/plotly.js", (route) => route.fulfill(answer));
    await page.goto(new URL(lesson, url).href);
    await page.waitForFunction(figuresAre(".not-drawn .picture"));
    expect(await page.locator(".picture").first().isVisible()).toBe(true);
    await page.unroute("**/plotly.js");
  }
  await page.close();
  await close();
});

test("the front page tells whoever's browser cannot encrypt, and nobody else", async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  const front = pathToFileURL(join(site(), "index.html")).href;
  await page.goto(front);
  expect(await page.locator("#ability").isVisible()).toBe(false);
  await page.addInitScript("WebAssembly.validate = () => false");
  await page.goto(front);
  expect(await page.locator("#ability").textContent()).toMatch(/exceptions.*read the lessons/);
  expect(await page.locator("#ability").isVisible()).toBe(true);
  expect(complaints).toEqual([]);
  await page.close();
});

describe("live notebooks", () => liveCases(site, () => browser));
