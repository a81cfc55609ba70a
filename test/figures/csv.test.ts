import { expect, test } from "@jest/globals";
import { parse } from "csv-parse/sync";
import { csv } from "../../src/figures/csv.js";

test("a reader of CSV reads back what was written", () => {
  const columns = ["layer", "evaluate_ms"];
  const rows = [
    ['a "quoted", name', 1.5],
    ["two\nlines", -2e-9],
    [null, 0],
  ];
  const text = csv({ columns, rows });
  expect(parse(text)).toEqual([columns, ['a "quoted", name', "1.5"], ["two\nlines", "-2e-9"], ["", "0"]]);
  expect(text.endsWith("\n")).toBe(true);
});

test.each([[["a"]], [["a", NaN]], [["a", 1, 2]]])("the row %j is refused", (row) => {
  expect(() => csv({ columns: ["x", "y"], rows: [["b", 1], row] })).toThrow("row 1 of the table: expected 2");
});
