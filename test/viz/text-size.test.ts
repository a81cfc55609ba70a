import { beforeAll, describe, expect, test } from "@jest/globals";
import { Resvg } from "@resvg/resvg-js";
import { JSDOM } from "jsdom";
import { readFileSync } from "node:fs";
import { fontFiles } from "../../src/viz/assets.js";
import { readFontMetrics, type FontMetrics } from "../../src/viz/font-metrics.js";
import { outerBox, ownBox, type Fonts } from "../../src/viz/svg-boxes.js";

let regular: FontMetrics;
let fonts: Fonts;

beforeAll(() => {
  regular = readFontMetrics(readFileSync(fontFiles().regular));
  fonts = { regular, bold: readFontMetrics(readFileSync(fontFiles().bold)) };
});

describe("readFontMetrics", () => {
  // From the hmtx and hhea tables of DejaVu Sans 2.37, which has 2048 units to the em.
  test.each([
    ["", 0],
    ["A", 1401],
    [" ", 651],
    ["A A", 1401 + 651 + 1401],
    ["✗", 1716],
  ])("measures %p as %p units", (text, units) => {
    expect(regular.width(text)).toBeCloseTo(units / 2048, 12);
  });

  test.each(["conv1", "absolute error (unit of the values)"])("agrees with resvg on %p", (text) => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg"><text x="0" y="50" font-size="100">${text}</text></svg>`;
    const font = {
      loadSystemFonts: false,
      fontFiles: [fontFiles().regular],
      defaultFontFamily: "DejaVu Sans",
    };
    // The ink is a little narrower than the advance widths: letters have room on either side.
    const ink = new Resvg(svg, { font }).getBBox()!.width;
    expect(regular.width(text) * 100 - ink).toBeGreaterThan(0);
    expect(regular.width(text) * 100 - ink).toBeLessThan(30);
  });

  test("knows the height of a line", () => {
    expect(regular.ascent).toBeCloseTo(1901 / 2048, 12);
    expect(regular.descent).toBeCloseTo(483 / 2048, 12);
  });

  test("refuses what is no font", () => {
    expect(() => readFontMetrics(new Uint8Array(100))).toThrow(
      'readFontMetrics: the font has no table "head"',
    );
  });
});

describe("boxes", () => {
  const element = (svg: string, selector = "#it") => {
    const { document } = new JSDOM(`<svg>${svg}</svg>`).window;
    return document.querySelector(selector)!;
  };

  test("a text stands on its baseline, left, middle or right of its place", () => {
    const width = regular.width("conv1") * 10;
    const text = (anchor: string) =>
      ownBox(
        element(`<text id="it" x="50" y="20" style="font-size: 10px" text-anchor="${anchor}">conv1</text>`),
        fonts,
      );
    expect(text("start")).toMatchObject({ x: 50, y: 20 - regular.ascent * 10, width });
    expect(text("middle").x).toBeCloseTo(50 - width / 2);
    expect(text("end").x).toBeCloseTo(50 - width);
  });

  test("bold text is wider", () => {
    const width = (weight: string) =>
      ownBox(element(`<text id="it" style="font-weight: ${weight}">scale</text>`), fonts).width;
    expect(width("bold")).toBeGreaterThan(width("normal"));
  });

  test("an element's own transform counts outside of it, not inside", () => {
    const rect = element(
      '<g transform="translate(100,0) scale(2)"><rect id="it" width="10" height="4" transform="rotate(90)"/></g>',
    );
    expect(ownBox(rect, fonts)).toEqual({ x: 0, y: 0, width: 10, height: 4 });
    const { x, y, width, height } = outerBox(rect, fonts);
    expect([x, y, width, height].map((value) => Math.round(value))).toEqual([92, 0, 8, 20]);
  });

  test("a group surrounds what it draws, and is empty where that is nothing", () => {
    const group =
      '<g id="it"><rect x="1" y="2" width="3" height="4"/><rect x="10" y="10" width="5" height="5"/></g>';
    expect(ownBox(element(group), fonts)).toEqual({ x: 1, y: 2, width: 14, height: 13 });
    expect(ownBox(element('<g id="it"></g>'), fonts)).toEqual({ x: 0, y: 0, width: 0, height: 0 });
  });
});
