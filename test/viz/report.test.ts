import { beforeAll, describe, expect, test } from "@jest/globals";
import { JSDOM } from "jsdom";
import { errorPerLayer } from "../../src/viz/error-per-layer.js";
import type { Figure } from "../../src/viz/figure.js";
import { renderReport } from "../../src/viz/report.js";
import { scalePerLayer } from "../../src/viz/scale-per-layer.js";
import { mnistSmall } from "./traces.js";

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
    document = new JSDOM(html).window.document;
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
    expect(html.match(/\* plotly\.js v\d/g)).toHaveLength(1);
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
