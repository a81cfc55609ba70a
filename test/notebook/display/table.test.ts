import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { JSDOM } from "jsdom";
import { inspect } from "node:util";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { table, toMimeBundle } from "../../../src/notebook/display/index.js";
import { thrownBy } from "../../he-ml/support.js";
import { checkAnyText } from "./any-text.js";
import { textCells } from "./values.js";

describe("table", () => {
  const rows = [
    { packing: "batch", bytes: 393_216, error: 0.000012345, secure: true },
    { packing: "scalar", bytes: 1_234_567, error: 123.456, note: [1, 0.5] },
  ];

  test("shows every field of any row, numbers to four digits", () => {
    expect(textCells(toMimeBundle(table(rows)))).toEqual([
      ["packing", "bytes", "error", "secure", "note"],
      ["batch", "393216", "1.2e-5", "yes", ""],
      ["scalar", "1234567", "123.5", "", "[1, 0.5]"],
    ]);
  });

  test("shows the columns asked for, under the headings given", () => {
    expect(textCells(toMimeBundle(table(rows, { columns: ["error", "packing"] })))[0]).toEqual([
      "error",
      "packing",
    ]);
    const renamed = table(rows, { columns: { bytes: "size (B)" }, caption: "What travels" });
    expect(String(renamed)).toMatch(/^What travels\n/);
    expect(textCells(toMimeBundle(renamed))).toEqual([["size (B)"], ["393216"], ["1234567"]]);
  });

  test("prints as text on a kernel that knows no bundles", () => {
    const shown = table(rows);
    expect(inspect(shown)).toBe(toMimeBundle(shown)?.["text/plain"]);
  });

  test("takes no rows, and refuses what is no list of records", () => {
    expect(textCells(toMimeBundle(table([], { columns: ["a"] })))).toEqual([["a"]]);
    expect(toMimeBundle(table([]))).toBeDefined();
    for (const wrong of ["rows", { a: 1 }, [[1]], [null], [{ a: 1 }, 2]]) {
      expect(thrownBy(() => table(wrong as never))).toMatchObject({
        name: "InputError",
        message: expect.stringMatching(/^table: expected a list of objects, one a row, got .*; write table/),
      });
    }
  });

  test.each([
    [0, "0"],
    [-0, "0"],
    [42, "42"],
    [-1234567, "-1234567"],
    [3.14159, "3.142"],
    [12345.678, "12346"],
    [0.001, "0.001"],
    [0.00099, "9.9e-4"],
    [-1e-20, "-1e-20"],
    [1e12, "1e12"],
    [6.02e23, "6e23"],
    [NaN, "NaN"],
    [-Infinity, "−∞"],
  ])("writes %p as %s", (value, text) => {
    expect(textCells(toMimeBundle(table([{ value }])))[1]).toEqual([text]);
  });

  test("a number is never off by more than it is rounded to", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e300, max: 1e300, noNaN: true }), (value) => {
        const [, [text]] = textCells(toMimeBundle(table([{ value }])));
        expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(0.051 * Math.abs(value));
        expect(text.length).toBeLessThanOrEqual(14);
      }),
    );
  });
});

describe("hostile names", () => {
  const hostile = `<img src=x onerror="alert(1)"></td><script>alert('2')</script>&amp; $x^2$`;

  test("are text in the HTML of a model and of a table", () => {
    const model = { name: hostile, inputShape: [1], layers: [squareLayer({ name: hostile })] };
    for (const value of [model, table([{ [hostile]: hostile }], { caption: hostile })]) {
      const html = String(toMimeBundle(value)?.["text/html"]);
      const page = JSDOM.fragment(html);
      expect(page.querySelectorAll("img, script")).toHaveLength(0);
      expect(page.querySelector("caption")?.textContent).toContain(hostile);
      expect(Array.from(page.querySelectorAll("tbody th, tbody td"), (cell) => cell.textContent)).toContain(
        hostile,
      );
      expect(page.querySelector(".mathjax_ignore")?.contains(page.querySelector("table"))).toBe(true);
    }
  });

  // Many more: see table.slow.ts.
  test("any text comes back from the HTML as it went in, but for control characters", () => checkAnyText(30));

  test("cannot move the cursor, colour a terminal, turn the text or fill the page", () => {
    const text = String(table([{ name: `a\u001b[31mb\r\nc\u202ed\u0007`, long: "x".repeat(10_000) }]));
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(text.length).toBeLessThan(3000);
  });
});
