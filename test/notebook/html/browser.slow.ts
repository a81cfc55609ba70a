import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { renderNotebook } from "../../../src/notebook/html/index.js";
import { themed } from "../../../src/viz/theme.js";
import { code, display, markdown, notebookOf, pixel, plotly } from "./notebooks.js";
import { richNotebook } from "./rich-notebook.js";
import { launchChromium } from "../../browsers.js";

const richTemplate = themed({}).template;

interface Visit {
  readonly page: Page;
  /** What the page wrote on the console, threw, or asked for outside itself. */
  readonly complaints: string[];
}

describe("in Chromium without a network", () => {
  let folder: string;
  let browser: Browser;
  let richHtml: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "he-ml-notebook-"));
    browser = await launchChromium();
    richHtml = await renderNotebook(await richNotebook());
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(
    html: string,
    width: number,
    more: Parameters<Browser["newContext"]>[0] = {},
  ): Promise<Visit> {
    const context = await browser.newContext({ viewport: { width, height: 900 }, offline: true, ...more });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => {
      if (!/^(?:file|data|blob):/.test(request.url())) complaints.push(request.url());
    });
    const file = join(folder, "notebook.html");
    await writeFile(file, html);
    await page.goto(pathToFileURL(file).href);
    return { page, complaints };
  }

  test.each([1280, 390])(
    "%d px wide: every figure drawn, nothing on the console, nothing sticks out",
    async (width) => {
      const { page, complaints } = await open(richHtml, width);
      await page.waitForFunction(() => document.querySelectorAll(".plot:has(svg.main-svg)").length === 3);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await page.evaluate(() => document.querySelector<HTMLDetailsElement>(".contents")!.open)).toBe(
        width === 1280,
      );
      expect(
        await page.evaluate(
          () => Array.from(document.fonts).filter(({ status }) => status === "error").length,
        ),
      ).toBe(0);
      expect(
        await page.evaluate(
          () => Array.from(document.images).filter(({ naturalWidth }) => naturalWidth === 0).length,
        ),
      ).toBe(0);
      for (const details of await page.locator("main summary").all()) await details.click();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await page.setViewportSize({ width: 600, height: 900 });
      await page.waitForFunction(
        () => document.querySelector(".plot svg.main-svg")!.getBoundingClientRect().width < 600,
      );
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(600);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  const shown = (page: Page) =>
    page.evaluate(() =>
      [".plot", ".picture"].map((name) => getComputedStyle(document.querySelector(name)!).display),
    );

  test("pictures stand for figures on paper and without scripts", async () => {
    const { page, complaints } = await open(richHtml, 900);
    await page.waitForFunction(() => document.querySelectorAll(".plot:has(svg.main-svg)").length === 3);
    expect(await shown(page)).toEqual(["block", "none"]);
    await page.pdf();
    await page.emulateMedia({ media: "print" });
    expect(await shown(page)).toEqual(["none", "block"]);
    // What is folded on the screen is open on paper.
    const folded = page.locator("main details:not([open]) > :not(summary)").first();
    const isVisible = () => folded.evaluate((element) => element.checkVisibility());
    expect(await isVisible()).toBe(true);
    await page.emulateMedia({ media: "screen" });
    expect(await isVisible()).toBe(false);
    expect(complaints).toEqual([]);
    await page.context().close();
    const quiet = await open(richHtml, 900, { javaScriptEnabled: false });
    expect(await quiet.page.locator(".picture").first().isVisible()).toBe(true);
    expect(await quiet.page.locator(".plot").first().isVisible()).toBe(false);
    await quiet.page.context().close();
  });

  test("figures take the colours of a dark page, also when the reader changes to it", async () => {
    const { page, complaints } = await open(richHtml, 900, { colorScheme: "dark" });
    const ground = () =>
      page.evaluate(() => getComputedStyle(document.querySelector(".plot svg.main-svg")!).backgroundColor);
    await page.waitForFunction(() => document.querySelectorAll(".plot:has(svg.main-svg)").length === 3);
    expect(await ground()).toBe("rgb(24, 31, 39)");
    await page.emulateMedia({ colorScheme: "light" });
    await page.waitForFunction(
      () =>
        getComputedStyle(document.querySelector(".plot svg.main-svg")!).backgroundColor ===
        "rgb(255, 255, 255)",
    );
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test.each([1280, 390])("%d px wide: no title is cut, wherever it is broken", async (width) => {
    const text = "A title of a figure that is a good deal longer than any telephone is wide";
    const figure = { data: [{ y: [1, 2] }], layout: { title: { text }, template: richTemplate } };
    const { page } = await open(
      await renderNotebook(notebookOf([code("f", [display({ [plotly]: figure })])])),
      width,
    );
    await page.waitForFunction(() => document.querySelector(".plot .gtitle") !== null);
    const [title, plot, area] = await page.evaluate(() =>
      [".gtitle", ".plot", ".plot .gridlayer"].map((name) => {
        const { left, right, top, bottom } = document.querySelector(name)!.getBoundingClientRect();
        return { left, right, top, bottom };
      }),
    );
    expect(title.left).toBeGreaterThanOrEqual(plot.left);
    expect(title.right).toBeLessThanOrEqual(plot.right);
    expect(title.top).toBeGreaterThanOrEqual(plot.top);
    expect(title.bottom).toBeLessThanOrEqual(area.top);
    await page.context().close();
  });

  test("a figure that plotly cannot draw gives way to its picture and stops no other", async () => {
    const broken = { data: [null], layout: { annotations: [null] }, frames: [{}, 1] };
    const good = { data: [{ type: "bar", y: [1, 2] }], layout: {} };
    const outputs = [broken, good].map((figure) => display({ [plotly]: figure, "image/png": pixel }));
    const { page } = await open(await renderNotebook(notebookOf([code("f", outputs)])), 800);
    await page.waitForFunction(
      () => document.querySelectorAll(".plot")[1].querySelector("svg.main-svg") !== null,
    );
    for (const [index, drawn] of [false, true].entries()) {
      expect(await page.locator(".plot").nth(index).isVisible()).toBe(drawn);
      expect(await page.locator(".picture").nth(index).isVisible()).toBe(!drawn);
    }
    await page.context().close();
  });

  test("attacks do not run, and the policy would stop them if they stood in the page", async () => {
    const attack = `<script>document.title = "taken"</script><img src=x onerror="document.title = 'taken'">`;
    const figure = {
      data: [{ y: [1], name: attack, text: `<a href="javascript:document.title='taken'">x</a>` }],
      layout: { title: { text: attack } },
    };
    const html = await renderNotebook(
      notebookOf([
        markdown(`# Safe\n\n${attack}`),
        code(attack, [display({ "text/html": attack }), display({ [plotly]: figure })]),
      ]),
    );
    for (const page of [html, html.replace("</main>", `${attack}</main>`)]) {
      const visit = await open(page, 800);
      await visit.page.waitForFunction(() => document.querySelector(".plot svg.main-svg") !== null);
      expect(await visit.page.title()).toBe("Safe");
      await visit.page.context().close();
    }
  });

  test("would have seen a message on the console and a request", async () => {
    const { page, complaints } = await open(
      `<script>console.warn("seen")</script><img src="http://127.0.0.1:9/x.png">`,
      800,
    );
    await page.waitForLoadState();
    expect(complaints).toEqual(expect.arrayContaining(["seen", "http://127.0.0.1:9/x.png"]));
    await page.context().close();
  });
});
