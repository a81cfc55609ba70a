import { expect, test } from "@jest/globals";
import Table from "cli-table3";
import * as fc from "fast-check";
import { textTable } from "../../../src/notebook/display/text-table.js";

const word = fc
  .array(fc.constantFrom("a", "7", "é", "→", "√", "日", "한", "👍"), { maxLength: 6 })
  .map((characters) => characters.join(""));

test("a grid's text is what cli-table3 draws", () => {
  const grids = fc.integer({ min: 1, max: 4 }).chain((columns) => {
    const cells = fc.array(word, { minLength: columns, maxLength: columns });
    return fc.record({
      head: fc.oneof(cells, fc.constant<string[]>([])),
      rows: fc.array(cells, { minLength: 1, maxLength: 4 }),
      rightAligned: fc.subarray([...Array(columns).keys()]),
    });
  });
  fc.assert(
    fc.property(grids, ({ head, rows, rightAligned }) => {
      const table = new Table({
        head,
        colAligns: rows[0].map((_, column) => (rightAligned.includes(column) ? "right" : "left")),
        style: { head: [], border: [], compact: true },
      });
      table.push(...rows);
      expect(textTable({ caption: "", head, rows, rightAligned })).toBe(table.toString());
    }),
    { numRuns: 200 },
  );
});

test("a caption stands above; a heading may stand alone; without cells there is nothing else", () => {
  expect(textTable({ caption: "What travels", head: ["bytes"], rows: [] })).toBe(
    ["What travels", "┌───────┐", "│ bytes │", "└───────┘"].join("\n"),
  );
  expect(textTable({ caption: "Nothing", head: [], rows: [] })).toBe("Nothing");
});
