import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { displayMessage } from "../../../src/notebook/display/display-message.js";
import { renderNotebook } from "../../../src/notebook/html/index.js";
import * as viz from "../../../src/viz/index.js";
import {
  babyGiantSweep,
  encodingSweeps,
  noiseSteps,
  polynomialSteps,
  roots,
  scaleSteps,
  securityPoints,
} from "../../viz/ckks-data.js";
import { filteredBytes } from "../../viz/png.js";
import { moved, sliderOf } from "../../viz/slider.js";
import { code, display, notebookOf } from "./notebooks.js";
import { launchChromium } from "../../browsers.js";

const figures: Readonly<Record<string, viz.Figure>> = {
  babyGiantSteps: viz.babyGiantSteps(babyGiantSweep),
  encodingError: viz.encodingError(encodingSweeps),
  noiseHistogram: viz.noiseHistogram(noiseSteps),
  scaleAndModulus: viz.scaleAndModulus(scaleSteps, 0),
  securityLimits: viz.securityLimits(securityPoints),
  polynomialBars: viz.polynomialBars(97, polynomialSteps),
  rootsOfUnity: viz.rootsOfUnity(roots),
};
const names = Object.keys(figures);
const withSlider = names.filter((name) => figures[name].layout.sliders);
const diagrams = [
  viz.clientAndServer(),
  viz.keySwitch(),
  viz.gadget({ value: 2718, base: 10 }),
  viz.slotRotation({ values: [1, 2, 3, 4], steps: 1 }),
];

describe("a page of the course in Chromium without a network", () => {
  let folder: string;
  let browser: Browser;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "he-ml-course-"));
    browser = await launchChromium();
    const values = [...Object.values(figures), ...diagrams];
    const outputs = [];
    for (const value of values) {
      const { data, metadata } = (await displayMessage(value))!;
      outputs.push(display(data, metadata));
    }
    file = join(folder, "course.html");
    await writeFile(file, await renderNotebook(notebookOf([code("figures", outputs)])));
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(width: number, colorScheme: "light" | "dark" = "light"): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      offline: true,
      colorScheme,
    });
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    await page.waitForFunction(
      (count) => document.querySelectorAll(".plot:has(svg.main-svg)").length === count,
      names.length,
    );
    return page;
  }

  const plot = (page: Page, name: string) => page.locator(".plot").nth(names.indexOf(name));
  /** Waits until a figure in the page has the title of the given one. */
  async function titled(page: Page, name: string, { layout }: viz.Figure): Promise<void> {
    const says = (layout.title as { text: string }).text.replaceAll(/<[^>]*>/g, "");
    await page.waitForFunction(
      ([index, text]) =>
        document.querySelectorAll(".plot")[index].querySelector(".gtitle")!.textContent === text,
      [names.indexOf(name), says] as const,
    );
  }

  /** Presses the slider's rail at a share of its length. */
  async function moveTo(page: Page, name: string, share: number): Promise<void> {
    const rail = plot(page, name).locator(".slider-rail-touch-rect");
    await rail.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await rail.boundingBox())!;
    await page.mouse.click(x + Math.min(Math.max(share * width, 2), width - 2), y + height / 2);
  }

  /** What of the figure's text sticks out of it, and what lies over other text. */
  const collisions = (page: Page, name: string) =>
    plot(page, name).evaluate((element) => {
      const frame = element.getBoundingClientRect();
      const texts = Array.from(element.querySelectorAll("svg.main-svg text"))
        .map((text) => ({
          says: text.textContent,
          box: text.getBoundingClientRect(),
          slant: /rotate\(-?[1-9]/.test(text.getAttribute("transform") ?? ""),
        }))
        .filter(({ says, box }) => says.trim() !== "" && box.width > 0);
      const out = texts.filter(
        ({ box }) =>
          box.left < frame.left ||
          box.right > frame.right ||
          box.top < frame.top ||
          box.bottom > frame.bottom,
      );
      // The box around a slanted text is larger than the text.
      const level = texts.filter(({ slant }) => !slant);
      const over = level.flatMap((a, index) =>
        level
          .slice(index + 1)
          .filter(
            ({ box: b }) =>
              a.box.left < b.right - 1 &&
              b.left < a.box.right - 1 &&
              a.box.top < b.bottom - 4 &&
              b.top < a.box.bottom - 4,
          )
          .map((b) => `${a.says} | ${b.says}`),
      );
      return [...out.map(({ says }) => `${says} sticks out`), ...over];
    });

  test.each([1280, 390])(
    "%d px wide: every slider changes its figure, and no text is cut or laid over",
    async (width) => {
      const page = await open(width);
      for (const name of withSlider) {
        const last = sliderOf(figures[name]).steps!.length - 1;
        for (let step = last; step >= 0; step--) {
          await moveTo(page, name, step / last);
          await titled(page, name, moved(figures[name], step));
          expect([name, step, await collisions(page, name)]).toEqual([name, step, []]);
        }
      }
      expect(await collisions(page, "rootsOfUnity")).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await page.context().close();
    },
  );

  test("one bar without noise, many with it", async () => {
    const page = await open(1000);
    const bars = () =>
      plot(page, "noiseHistogram")
        .locator(".barlayer .point path")
        .evaluateAll((paths) => paths.filter((path) => path.getBoundingClientRect().height > 1).length);
    await moveTo(page, "noiseHistogram", 1);
    await plot(page, "noiseHistogram").getByText("solving without e does not give the key").waitFor();
    expect(await bars()).toBeGreaterThan(9);
    await moveTo(page, "noiseHistogram", 0);
    await plot(page, "noiseHistogram").getByText("solvable at σ = 0: it gives the key").waitFor();
    expect(await bars()).toBe(1);
    await page.context().close();
  });

  test("the menu shows other values, and the slider moves those too", async () => {
    const page = await open(390);
    const figure = plot(page, "encodingError");
    const largest = () => figure.locator(".legendtext", { hasText: "at most" }).textContent();
    const at = (sweep: number, step: number) =>
      Math.max(...encodingSweeps[sweep].steps[step].slotErrors).toPrecision(2);
    expect(await largest()).toBe(`error: at most ${at(0, 0)}`);
    await figure.locator(".updatemenu-header").click();
    await figure.locator(".updatemenu-dropdown-button", { hasText: "one slot only" }).click();
    await figure.getByText(`error: at most ${at(1, 0)}`).waitFor();
    await moveTo(page, "encodingError", 1);
    await figure.getByText(`error: at most ${at(1, 7)}`).waitFor();
    expect(await figure.locator(".legendtext").count()).toBe(3);
    await page.context().close();
  });

  test("diagrams are dark where the page is, and as wide as a telephone at most", async () => {
    const grounds = [];
    for (const scheme of ["light", "dark"] as const) {
      const page = await open(390, scheme);
      const images = page.locator("img.output-image");
      expect(await images.count()).toBe(diagrams.length);
      for (const image of await images.all()) {
        await image.scrollIntoViewIfNeeded();
        const { x, y, width } = (await image.boundingBox())!;
        expect(x + width).toBeLessThanOrEqual(390);
        const pixel = await page.screenshot({ clip: { x: x + 8, y: y + 8, width: 1, height: 1 } });
        grounds.push([...filteredBytes(pixel).subarray(1, 4)]);
      }
      await page.context().close();
    }
    const [light, dark] = [
      [255, 255, 255],
      [0x18, 0x1f, 0x27],
    ];
    expect(grounds).toEqual([...diagrams.map(() => light), ...diagrams.map(() => dark)]);
  });
});
