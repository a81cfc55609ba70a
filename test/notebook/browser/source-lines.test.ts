import { describe, expect, test } from "@jest/globals";
import { rewriteCell } from "../../../src/notebook/browser/cell.js";
import { errorLines, originalPlace } from "../../../src/notebook/browser/source-lines.js";
import { Cells } from "./run-cells.js";

const failure = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("the lines of an error", () => {
  test("are the cells' own, after types that took lines", async () => {
    const cells = new Cells();
    await cells.run(
      "interface Wide {\n  x: number;\n}\n\nfunction fail(w: Wide): never {\n  throw new RangeError(`no ${w.x}`);\n}",
    );
    const error = await failure(cells.run("const first = 1;\n\nfail({ x: first });"));
    // An error of another realm: this one's `instanceof` does not know it
    const here = Object.assign(new Error("no 1"), { name: "RangeError", stack: (error as Error).stack });
    expect(errorLines(here, cells.sourceMapOf)).toEqual([
      "RangeError: no 1",
      "    cell 1, line 6, column 9 in fail",
      "    cell 2, line 3, column 1",
    ]);
  });

  test("begin with name and message where the stack has places alone, as Firefox's", () => {
    const { js, sourceMap } = rewriteCell("type T = 1;\n\nboom();");
    const lines = js.split("\n");
    const line = lines.findIndex((text) => text.includes("boom"));
    const stack = `@http://localhost/cell-7.ts:${line + 1}:${lines[line]!.indexOf("boom") + 1}\nrun@http://localhost/worker.js:9:1\n`;
    const error = Object.assign(new TypeError("broken"), { stack });
    expect(errorLines(error, (cell) => (cell === 7 ? sourceMap : undefined))).toEqual([
      "TypeError: broken",
      "    cell 7, line 3, column 1",
    ]);
  });

  test("tell what was thrown that is no error", () =>
    expect(errorLines("text", () => undefined)).toEqual(["thrown: text"]));
});

test("a place is found in the segment that it begins", () => {
  // Generated columns 1, 2 and 4 of the first line were columns 1, 5 and 3 of the second
  const sourceMap = JSON.stringify({ mappings: "AACA,CAAI,EAAF" });
  const columns = [1, 2, 3, 4, 9].map((column) => originalPlace(sourceMap, { line: 1, column }));
  expect(columns).toEqual([1, 5, 5, 3, 3].map((column) => ({ line: 2, column })));
});
