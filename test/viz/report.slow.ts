import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { encodingError } from "../../src/viz/ckks/encoding-error.js";
import { noiseHistogram } from "../../src/viz/ckks/noise-histogram.js";
import { polynomialBars } from "../../src/viz/ckks/polynomial-bars.js";
import { rootsOfUnity } from "../../src/viz/ckks/roots-of-unity.js";
import { scaleAndModulus } from "../../src/viz/ckks/scale-and-modulus.js";
import { securityLimits } from "../../src/viz/ckks/security-limits.js";
import { digits } from "../../src/viz/digits.js";
import { errorPerLayer } from "../../src/viz/error-per-layer.js";
import { renderPng } from "../../src/viz/render.js";
import { renderReport } from "../../src/viz/report.js";
import { scalePerLayer } from "../../src/viz/scale-per-layer.js";
import { timePerLayer } from "../../src/viz/time-per-layer.js";
import {
  encodingSweeps,
  noiseSteps,
  polynomialSteps,
  roots,
  scaleSteps,
  securityPoints,
} from "./ckks-data.js";
import { digitImage } from "./digit-images.js";
import { checkPng, readPng } from "./png.js";
import { mnistSmall } from "./traces.js";

const chromium = "/usr/bin/chromium";
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--enable-logging=stderr",
  "--virtual-time-budget=5000",
  "--dump-dom",
];

test.each([
  ["scalePerLayer", scalePerLayer],
  ["timePerLayer", timePerLayer],
] as const)("%s is drawn as PNG", (_, make) => checkPng(make(mnistSmall)));

test.each([
  ["encodingError", encodingError(encodingSweeps)],
  ["noiseHistogram", noiseHistogram(noiseSteps)],
  ["polynomialBars", polynomialBars(97, polynomialSteps)],
  ["rootsOfUnity", rootsOfUnity(roots)],
  ["scaleAndModulus", scaleAndModulus(scaleSteps)],
  ["securityLimits", securityLimits(securityPoints)],
])("%s is drawn as PNG, of its own height and as narrow as a telephone", async (_, figure) => {
  const { width, height, distinct } = readPng(await renderPng(figure, { width: 342, scale: 1 }));
  expect([width, height]).toEqual([342, figure.layout.height]);
  expect(distinct).toBeGreaterThan(50);
});

describe("a report in Chromium", () => {
  const figures = [errorPerLayer, scalePerLayer, timePerLayer].map((make) => make(mnistSmall));
  let folder: string;

  /** The page after its scripts have run, and what it wrote on the console. */
  async function open(html: string) {
    const file = join(folder, "report.html");
    await writeFile(file, html);
    const { stdout, stderr } = await promisify(execFile)(
      chromium,
      [...flags, `--user-data-dir=${join(folder, "profile")}`, pathToFileURL(file).href],
      { maxBuffer: 2 ** 26 },
    );
    return { dom: stdout, messages: stderr.split("\n").filter((line) => line.includes("CONSOLE")) };
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "he-ml-report-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("draws every figure and writes nothing on the console", async () => {
    const all = [...figures, digits([digitImage(0, 1, 1), digitImage(3, 4, 9)])];
    const html = await renderReport({
      title: "Report",
      tables: [],
      figures: all.map((figure, index) => ({ caption: `Figure ${index}`, figure })),
    });
    const { dom, messages } = await open(html);
    expect(messages).toEqual([]);
    expect(dom.match(/<div class="[^"]*svg-container/g)).toHaveLength(all.length);
    for (const { name } of mnistSmall) expect(dom).toContain(`>${name}</text>`);
  });

  test("would have seen a message on the console", async () => {
    const { messages } = await open("<script>console.error('seen')</script>");
    expect(messages).toHaveLength(1);
  });
});
