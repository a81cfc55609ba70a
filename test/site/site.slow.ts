import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { JSDOM } from "jsdom";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { heMl } from "../cli/he-ml.js";
import { TestFolder } from "../notebook/support.js";

let folder: TestFolder;
const pages = new Map<string, Document>();
const site = () => join(folder.path, "site");
beforeAll(async () => {
  folder = await TestFolder.create();
  expect(await heMl(["site", "--out", site()])).toMatchObject({ status: 0, stderr: "" });
  for (const path of await readdir(site(), { recursive: true })) {
    if (!path.endsWith(".html")) continue;
    pages.set(path, new JSDOM(await readFile(join(site(), path), "utf8")).window.document);
  }
}, 120_000);
afterAll(() => folder.remove());

test("every link within the site leads to a page, and every fragment to a place in it", () => {
  const dead: string[] = [];
  for (const [path, document] of pages) {
    for (const link of document.querySelectorAll("a[href]")) {
      const href = link.getAttribute("href")!;
      if (/^[a-z]+:/.test(href)) continue;
      const [to, fragment] = href.split("#");
      const target = pages.get(to === "" ? path : posix.join(posix.dirname(path), to));
      if (!target || (fragment && !target.getElementById(decodeURIComponent(fragment)))) {
        dead.push(`${path}: ${href}`);
      }
    }
  }
  expect(dead).toEqual([]);
});

test("every page has a policy, loads nothing from elsewhere, and shows no solution", () => {
  expect(pages.size).toBeGreaterThan(30);
  for (const [path, document] of pages) {
    const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content");
    expect(policy).toMatch(/^default-src 'none'; script-src ('sha256-|'none')/);
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
