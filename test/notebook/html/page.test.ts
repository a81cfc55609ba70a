import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { renderNotebook } from "../../../src/notebook/html/index.js";
import type { Notebook } from "../../../src/notebook/runner/notebook-file.js";
import { parsePage } from "../../viz/page.js";
import { markdown, pixel } from "./notebooks.js";
import { readPlanarPlotlySource } from "../../../src/viz/assets.js";
import { dangers, openPage } from "./page.js";
import { richNotebook } from "./rich-notebook.js";

/** Pictures that take no second to draw: what they show is of no matter here. */
const standIn = {
  png: async () => Buffer.from(pixel, "base64"),
  svg: async () => `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`,
};

describe("a rich page", () => {
  let notebook: Notebook;
  let html: string;
  let document: Document;

  beforeAll(async () => {
    notebook = await richNotebook(standIn);
    html = await renderNotebook(notebook);
    document = await parsePage(html);
  });

  test("is the same every time, and leaves the notebook as it was", async () => {
    const before = JSON.stringify(notebook);
    expect((await renderNotebook(notebook)) === html).toBe(true);
    expect(JSON.stringify(notebook)).toBe(before);
  });

  test("holds plotly once for all its figures", () => {
    expect(html.match(/\* plotly\.js \(cartesian - minified\) v\d/g)).toHaveLength(1);
    expect(document.querySelectorAll(".plot")).toHaveLength(3);
  });

  test("loads nothing from outside, and its policy forbids it", () => {
    expect(dangers(document)).toEqual([]);
    expect(document.querySelectorAll("[src]:not([src^='data:image/'])")).toHaveLength(0);
    const style = Array.from(document.querySelectorAll("style"), ({ textContent }) => textContent).join("\n");
    const addresses = Array.from(style.matchAll(/url\(([^)]{0,20})/g), ([, address]) => address);
    expect(addresses.filter((address) => !address.startsWith("data:font/woff2"))).toEqual([]);
    expect(style).not.toContain("@import");
    const policy = document
      .querySelector('meta[http-equiv="Content-Security-Policy"]')!
      .getAttribute("content")!;
    expect(policy).toMatch(/^default-src 'none'; script-src (?:'sha256-[\w+/=]+' ?)+;/);
  });

  test("lets only its own scripts run", async () => {
    const plotlySource = await readPlanarPlotlySource();
    const policy = document
      .querySelector('meta[http-equiv="Content-Security-Policy"]')!
      .getAttribute("content")!;
    const allowed = Array.from(policy.matchAll(/'sha256-([\w+/=]+)'/g), ([, hash]) => hash);
    const scripts = Array.from(
      document.querySelectorAll("script:not([type])"),
      ({ textContent }) => textContent || plotlySource,
    );
    // Nothing in it that a browser would read otherwise within a script.
    expect(/<\/?script|[\r\0]/i.test(plotlySource)).toBe(false);
    expect(scripts.map((text) => createHash("sha256").update(text).digest("base64"))).toEqual(allowed);
  });

  test("has a language, landmarks, one top heading and a name for every picture", () => {
    expect(document.documentElement.lang).toBe("en");
    expect(document.title).toBe("Classify a digit while it is encrypted");
    expect(document.querySelectorAll("main, nav")).toHaveLength(2);
    expect(document.querySelectorAll("h1")).toHaveLength(1);
    expect(document.querySelectorAll("img:not([alt]), img[alt='']")).toHaveLength(0);
    expect(document.querySelector(".skip")!.getAttribute("href")).toBe("#content");
  });

  test("has ids that are all different, and links within it that lead somewhere", () => {
    const ids = Array.from(document.querySelectorAll("[id]"), ({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = Array.from(document.querySelectorAll('a[href^="#"]'), (link) =>
      link.getAttribute("href")!.slice(1),
    );
    expect(targets.length).toBeGreaterThan(5);
    expect(targets.filter((id) => !ids.includes(id))).toEqual([]);
  });
});

test("a page without figures and formulas is small", async () => {
  const { html, document } = await openPage([markdown("# A\n\n## B")]);
  expect(html.length).toBeLessThan(14_000);
  expect(document.querySelectorAll("script")).toHaveLength(1);
});
