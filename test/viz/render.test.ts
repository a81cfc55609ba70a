import { beforeAll, describe, expect, test } from "@jest/globals";
import { scaleAndModulus } from "../../src/viz/ckks/scale-and-modulus.js";
import { digits } from "../../src/viz/digits.js";
import { errorPerLayer } from "../../src/viz/error-per-layer.js";
import type { Figure } from "../../src/viz/figure.js";
import { errorOverScale } from "../../src/viz/parameters/error-over-scale.js";
import { paretoFront } from "../../src/viz/parameters/pareto-front.js";
import { sweepHeatMap } from "../../src/viz/parameters/sweep-heat-map.js";
import { testedLayers } from "../../src/viz/parameters/tested-layers.js";
import { planAgainstRun } from "../../src/viz/plan-against-run.js";
import { renderPng, renderSvg } from "../../src/viz/render.js";
import { renderReport } from "../../src/viz/report.js";
import { scalePerLayer } from "../../src/viz/scale-per-layer.js";
import { timePerLayer } from "../../src/viz/time-per-layer.js";
import { unclearCalls, usualWrongs, type Call } from "../he-ml/unclear-calls.js";
import { scaleSteps } from "./ckks-data.js";
import { digitImage } from "./digit-images.js";
import { parsePage } from "./page.js";
import { explanation, names, traces } from "./plan.js";
import { checkPng } from "./png.js";
import { advice, grid, sweep } from "./tested.js";
import { lenet1, mnistSmall } from "./traces.js";

/** All that draws is in this file, since plotly takes seconds to load. */
const figures = {
  errorPerLayer: errorPerLayer(mnistSmall),
  scalePerLayer: scalePerLayer(mnistSmall),
  timePerLayer: timePerLayer(mnistSmall),
};
const parameterFigures = Object.entries({
  errorOverScale: errorOverScale(sweep),
  testedLayers: testedLayers(sweep),
  sweepHeatMap: sweepHeatMap(grid),
  paretoFront: paretoFront(advice),
});
const layerFigures = Object.entries(figures);
const digitFigure = digits([digitImage(0, 1, 1), digitImage(3, 4, 9)]);

describe("renderSvg", () => {
  const before = JSON.stringify(figures);
  let together: string[];
  beforeAll(async () => {
    together = await Promise.all(layerFigures.map(([, figure]) => renderSvg(figure)));
  });

  test("draws several figures at once as it draws each in turn, and leaves them as they are", async () => {
    for (const [index, [, figure]] of layerFigures.entries()) {
      expect(await renderSvg(figure)).toBe(together[index]);
    }
    expect(JSON.stringify(figures)).toBe(before);
  });

  test.each(layerFigures.map(([figure], index) => [figure, index] as const))(
    "%s: has every layer name, and no NaN",
    (_, index) => {
      for (const { name } of mnistSmall) expect(together[index]).toContain(`>${name}</text>`);
      expect(together[index]).not.toMatch(/NaN|undefined|TOBESTRIPPED/);
    },
  );

  test("has every stage's name in a plan against its run", async () => {
    const svg = await renderSvg(planAgainstRun(explanation, traces));
    for (const name of names) expect(svg).toContain(name);
  });

  test.each(parameterFigures)("%s: drawn without a browser, with no NaN", async (_, figure) => {
    const svg = await renderSvg(figure);
    expect(svg).not.toMatch(/NaN|undefined|TOBESTRIPPED/);
    expect(svg.match(/<path/g)!.length).toBeGreaterThan(10);
    await checkPng(figure);
  });

  test("draws digits as images, with their verdicts", async () => {
    const svg = await renderSvg(digitFigure);
    expect(svg.match(/<image [^>]*href="data:image\/png;base64,/g)).toHaveLength(2);
    expect(svg).toContain("✗ 4");
    expect(svg).toContain("true 9");
  });

  test("draws a slider at the place where the figure starts, with what the figure says there", async () => {
    const svg = await renderSvg(scaleAndModulus(scaleSteps));
    expect(svg).toContain("scale out of bounds: 2^90 ≥ 2^70");
    expect(svg).toContain("after operation 7");
  });

  test("takes the size asked for, else the figure's own", async () => {
    expect(await renderSvg(errorPerLayer(lenet1), { width: 321, height: 234 })).toMatch(
      /^<svg [^>]*width="321" height="234"/,
    );
    expect(together[0]).toMatch(/^<svg [^>]*width="700" height="450"/);
    expect(together[1]).toMatch(/^<svg [^>]*width="700" height="520"/);
  });

  test("makes room for long names", async () => {
    const name = "features.0.convolution.with.a.long.name";
    const plotWidth = (svg: string) =>
      Number(/<clipPath id="\w+xyplot"[^>]*><rect width="([\d.]+)"/.exec(svg)?.[1]);
    const [first, ...others] = mnistSmall;
    const long = await renderSvg(timePerLayer([{ ...first, name }, ...others]));
    expect(plotWidth(long)).toBeLessThan(plotWidth(together[2]) - 50);
  });

  test.each([0, -1, NaN, Infinity])("refuses a width of %p", async (width) => {
    await expect(renderSvg(digitFigure, { width })).rejects.toThrow(`expected a width above 0, got ${width}`);
  });
});

describe("renderPng", () => {
  // Other figures: see report.slow.ts.
  test.each([["errorPerLayer", figures.errorPerLayer] as const, ["digits", digitFigure] as const])(
    "%s: draws",
    (_, figure) => checkPng(figure),
  );

  test("gives the same bytes each time", async () => {
    const size = { width: 300, height: 200, scale: 1 };
    const [first, second] = [await renderPng(digitFigure, size), await renderPng(digitFigure, size)];
    expect(Buffer.compare(first, second)).toBe(0);
  });

  test("refuses a scale of 0", async () => {
    await expect(renderPng(digitFigure, { scale: 0 })).rejects.toThrow("expected a scale above 0, got 0");
  });
});

const hostile = `</script><script>alert(1)</script><img src=x onerror="alert(2)">'&`;

describe("renderReport", () => {
  const figure = errorPerLayer([{ ...mnistSmall[0], name: hostile }, ...mnistSmall.slice(1)]);
  const scale = scalePerLayer(mnistSmall);
  let html: string;
  let document: Document;

  beforeAll(async () => {
    html = await renderReport({
      title: `Run of ${hostile}`,
      intro: `One ${hostile}\n\nTwo`,
      tables: [
        {
          caption: `Layers ${hostile}`,
          columns: ["layer", "time (ms)"],
          rows: [
            [hostile, 12.3456789],
            ["fc1", null],
          ],
        },
      ],
      figures: [
        { caption: `Error ${hostile}`, figure },
        { caption: "Scale", figure: scale },
      ],
    });
    document = await parsePage(html);
  });

  test("shows hostile names as text", () => {
    expect(document.querySelector("h1")!.textContent).toBe(`Run of ${hostile}`);
    expect(document.title).toBe(`Run of ${hostile}`);
    expect(document.querySelector("tbody th")!.textContent).toBe(hostile);
    expect(document.querySelector("caption")!.textContent).toBe(`Layers ${hostile}`);
    expect(document.querySelector("figcaption")!.textContent).toBe(`Error ${hostile}`);
    expect(document.querySelectorAll("body script:not([type])")).toHaveLength(2);
    expect(document.querySelectorAll("[onerror]")).toHaveLength(0);
  });

  test("holds plotly once, and every figure as its JSON", () => {
    expect(html.match(/\* plotly\.js \(cartesian - minified\) v\d/g)).toHaveLength(1);
    const held = Array.from(document.querySelectorAll('script[type="application/json"]'), (script) => {
      const { data, layout } = JSON.parse(script.textContent) as Figure;
      return { data, title: layout.title };
    });
    expect(held).toEqual(
      [figure, scale].map(({ data, layout }) => ({
        data: JSON.parse(JSON.stringify(data)),
        title: layout.title,
      })),
    );
  });

  test("asks for nothing outside itself", () => {
    const addresses = Array.from(document.querySelectorAll("[src], [href]"), (element) =>
      String(element.getAttribute("src") ?? element.getAttribute("href")),
    );
    expect(addresses.filter((address) => !address.startsWith("data:"))).toEqual([]);
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]');
    expect(policy!.getAttribute("content")).toContain("default-src 'none'");
  });

  test("has a picture of each figure for readers without scripts", () => {
    const pictures = Array.from(document.querySelectorAll<HTMLImageElement>("noscript img"), ({ src }) =>
      Buffer.from(src.split(",")[1], "base64").toString(),
    );
    expect(pictures).toHaveLength(2);
    for (const picture of pictures) expect(picture).toMatch(/^<svg [\s\S]*<\/svg>$/);
  });

  test("marks up tables for screen readers, and aligns numbers", () => {
    expect(document.querySelectorAll('th[scope="col"]')).toHaveLength(2);
    expect(document.querySelectorAll('th[scope="row"]')).toHaveLength(2);
    const cells = Array.from(document.querySelectorAll("td.number"), ({ textContent }) => textContent);
    expect(cells).toEqual(["12.3457", "–"]);
  });

  test("needs no plotly where there is no figure", async () => {
    expect((await renderReport({ title: "Empty", tables: [], figures: [] })).length).toBeLessThan(5000);
  });

  test("refuses a row that does not fit its table", async () => {
    const table = { caption: "Layers", columns: ["a", "b"], rows: [[1, 2], [1]] };
    await expect(renderReport({ title: "T", tables: [table], figures: [] })).rejects.toThrow(
      'table "Layers": expected 2 cells in each row, got 1 in row 1',
    );
  });
});

test.each<[string, Call, readonly unknown[]]>([
  ["renderPng", renderPng, [digitFigure, {}]],
  ["renderReport", renderReport, [{ title: "A report", tables: [], figures: [] }]],
  ["renderSvg", renderSvg, [digitFigure, {}]],
])("%s answers, or refuses with one InputError, whatever it is given", async (_, call, right) => {
  expect(await unclearCalls(call, right, usualWrongs)).toEqual({});
  expect(await call(...(right as never[]))).toBeDefined();
});
