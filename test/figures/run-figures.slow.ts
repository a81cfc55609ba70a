import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { FiguresError, runFigures } from "../../src/figures/run-figures.js";
import { temporaryFolder } from "../cli/support.js";
import { checkOutputs, readFigure } from "./outputs.js";
import { countedFigure, tinyFigure as typedFigure } from "./tiny-figure.js";
import type { ResearchFigure } from "../../src/figures/research-figure.js";
import { launchChromium } from "../browsers.js";

const tinyFigure = typedFigure as unknown as ResearchFigure;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let out: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  out = join(folder.path, "figures");
});
afterEach(() => folder.remove());

test("a run, and another from the same seed: files that are whole, exact data that are the same", async () => {
  const again = join(folder.path, "again");
  await runFigures([tinyFigure], { out, seed: 3 });
  await runFigures([tinyFigure], { out: again, seed: 3 });
  await checkOutputs(out, ["tiny"]);
  const [one, other] = [await readFigure(out, "tiny"), await readFigure(again, "tiny")];
  expect(JSON.stringify(other.exact)).toBe(JSON.stringify(one.exact));
  expect(other.measured).not.toEqual(one.measured);
  expect(one).toMatchObject({
    ...{ figure: "tiny", command: "npx he-ml figures tiny --seed 3 --repeats 5" },
    parameters: { quick: false, seed: 3, repeats: 5 },
    drawings: [
      { name: "tiny-wide", width: "full" },
      { name: "tiny-narrow", width: "column" },
    ],
  });
  // Of the exact data alone, they are drawn alike, byte for byte.
  for (const file of [
    "tiny.csv",
    "tiny-wide.svg",
    "tiny-wide.narrow.svg",
    "tiny-wide.png",
    "tiny-narrow.pdf",
  ]) {
    expect((await readFile(join(again, file))).equals(await readFile(join(out, file)))).toBe(true);
  }
});

test("a later run of another figure leaves the first one's files and lines in the manifest", async () => {
  const { figure } = countedFigure("counted");
  await runFigures([tinyFigure], { out });
  await runFigures([figure], { out, quick: true });
  await checkOutputs(out, ["tiny", "counted"]);
  const page = await readFile(join(out, "index.html"), "utf8");
  expect(page).toContain("npx he-ml figures counted --quick --seed 1 --repeats 2");
  expect(page).toContain("npx he-ml figures tiny --seed 1 --repeats 5");
});

test("a run that was stopped goes on where it was, over figures that were made already, too", async () => {
  const stop = new AbortController();
  const onStep = (figure: string, step: string) => {
    if (figure === "two" && step === "part 2") stop.abort(new Error("stopped"));
  };
  const both = () => [countedFigure("one"), countedFigure("two")];
  const first = both();
  const run = (figures: typeof first, options = {}) =>
    runFigures(
      figures.map(({ figure }) => figure),
      { out, ...options },
    );
  await expect(run(first, { onStep, signal: stop.signal })).rejects.toThrow("stopped");
  const taken: [string, number][] = [];
  const second = both();
  await run(second, { onFigure: (figure: string, kept: number) => taken.push([figure, kept]) });
  expect(second.map(({ calls }) => calls)).toEqual([[], ["part 3"]]);
  expect(taken).toEqual([
    ["one", 4],
    ["two", 3],
  ]);
  // What was kept is taken away: the next run measures anew.
  await checkOutputs(out, ["one", "two"]);
  const third = both();
  await run(third);
  expect(third.map(({ calls }) => calls.length)).toEqual([4, 4]);
});

test("a run that was killed goes on where it was", async () => {
  const script = `
    import { measure } from ${JSON.stringify(String(new URL("../../dist/figures/measure-figure.js", import.meta.url)))};
    import { StepFile } from ${JSON.stringify(String(new URL("../../dist/figures/step-file.js", import.meta.url)))};
    const of = { figure: "killed", quick: false, seed: 1, repeats: 5, versions: {}, machine: {}, commit: null };
    const steps = await StepFile.open(process.argv[1], of);
    const ran = [];
    const part = (run, k, dies) => run.step(String(k), async () => {
      ran.push(k);
      if (dies) process.kill(process.pid, "SIGKILL");
      return k;
    });
    const measured = async (run) => {
      for (let k = 0; k < 5; k++) await part(run, k, k === 3 && process.argv[2] === "dies");
      return { exact: null, measured: null };
    };
    await measure({ name: "killed", measure: measured }, { steps });
    console.log(JSON.stringify(ran));
  `;
  const start = (dies: boolean) =>
    new Promise<{ signal?: NodeJS.Signals | null; stdout: string }>((done) => {
      const args = ["--input-type=module", "-e", script, out, dies ? "dies" : "lives"];
      execFile(process.execPath, args, (error, stdout) => done({ signal: error?.signal, stdout }));
    });
  expect(await start(true)).toEqual({ signal: "SIGKILL", stdout: "" });
  expect(await start(false)).toMatchObject({ stdout: "[3,4]\n" });
});

test("a figure that fails is told, after all others were made; its steps are kept", async () => {
  const failing = () => countedFigure("broken", 1);
  const run = runFigures([failing().figure, tinyFigure], { out });
  await expect(run).rejects.toThrow(/^1 of the figures failed, the others are made\nbroken: Error: broken/);
  await expect(run).rejects.toBeInstanceOf(FiguresError);
  expect(await readdir(join(out, ".steps"))).toHaveLength(2);
  expect(await readFile(join(out, "index.html"), "utf8")).toContain("npx he-ml figures tiny");
});

test("a file that cannot be written is named", async () => {
  await mkdir(join(out, "tiny-wide.png"), { recursive: true });
  await expect(runFigures([tinyFigure], { out })).rejects.toThrow(
    /tiny-wide\.png" could not be written: EISDIR/,
  );
});

describe("the gallery in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test("asks for nothing, takes the colours of the surroundings, and is as narrow as a telephone", async () => {
    await runFigures([tinyFigure], { out });
    const url = pathToFileURL(join(out, "index.html")).href;
    const visit = async (width: number, colorScheme: "light" | "dark") => {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      const [requests, messages]: string[][] = [[], []];
      page.on("request", (request) => requests.push(request.url()));
      page.on("console", (message) => messages.push(message.text()));
      await page.goto(url);
      await page.evaluate("Promise.all(Array.from(document.images, (image) => image.decode()))");
      expect(requests.filter((request) => !request.startsWith("data:"))).toEqual([url]);
      expect(messages).toEqual([]);
      const seen = await page.evaluate<{ wide: number; drawn: number[]; links: string[]; text: string }>(`({
        wide: document.documentElement.scrollWidth,
        drawn: Array.from(document.images, (image) => image.naturalWidth),
        links: Array.from(document.links, (link) => link.getAttribute("href")),
        text: document.body.innerText,
      })`);
      const corner = await page.locator("img").first().screenshot();
      await page.close();
      return { ...seen, corner };
    };
    const [light, dark, phone] = [
      await visit(1200, "light"),
      await visit(1200, "dark"),
      await visit(360, "light"),
    ];
    expect(light.drawn).toEqual([661, 321]);
    expect(phone.drawn).toEqual([321, 321]);
    expect(phone.wide).toBeLessThanOrEqual(360);
    expect(dark.corner.equals(light.corner)).toBe(false);
    for (const text of [
      tinyFigure.title,
      tinyFigure.caption,
      "npx he-ml figures tiny --seed 1 --repeats 5",
    ]) {
      expect(light.text).toContain(text);
    }
    const files = await readdir(out);
    for (const link of light.links.filter((link) => !link.startsWith("#"))) expect(files).toContain(link);
    expect(light.links).toContain("tiny.csv");
  });
});
