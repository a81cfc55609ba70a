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

  test("go on with causes, and stop where they go round", () => {
    const error = new Error("out", { cause: new TypeError("in", { cause: "text" }) });
    expect(errorLines(error, () => undefined)).toEqual([
      "Error: out",
      "  cause: TypeError: in",
      "    cause: thrown: text",
    ]);
    const round = new Error("round");
    round.cause = new Error("again", { cause: round });
    expect(errorLines(round, () => undefined)).toEqual(["Error: round", "  cause: Error: again"]);
    let deep = new Error("0");
    for (let level = 1; level < 100; level++) deep = new Error(String(level), { cause: deep });
    expect(errorLines(deep, () => undefined).slice(-2)).toEqual([
      "        cause: Error: 95",
      "          cause: …",
    ]);
  });

  test("have the places of causes", async () => {
    const cells = new Cells();
    const error = (await failure(
      cells.run('\nconst cause = new Error("in");\nthrow Object.assign(new Error("out"), { cause });'),
    )) as Error & { cause: Error };
    const here = (other: Error): Error => Object.assign(new Error(other.message), { stack: other.stack });
    const both = Object.assign(here(error), { cause: here(error.cause) });
    expect(errorLines(both, cells.sourceMapOf)).toEqual([
      "Error: out",
      "    cell 1, line 3, column 21",
      "  cause: Error: in",
      "      cell 1, line 2, column 15",
    ]);
  });

  test("go on with the first errors of many", () => {
    const many = Array.from({ length: 7 }, (_, index) => new Error(`no ${index}`));
    const lines = errorLines(new AggregateError(many, "all failed"), () => undefined);
    expect(lines.slice(0, 2)).toEqual(["AggregateError: all failed", "  error 1: Error: no 0"]);
    expect(lines.slice(5)).toEqual(["  error 5: Error: no 4", "  and 2 more errors"]);
  });

  test("tell what was thrown that is no error", () =>
    expect(errorLines("text", () => undefined)).toEqual(["thrown: text"]));
});

test("a place is found in the segment that it begins", () => {
  // Generated columns 1, 2 and 4 of the first line were columns 1, 5 and 3 of the second
  const sourceMap = JSON.stringify({
    version: 3,
    sources: ["cell.ts"],
    names: [],
    mappings: "AACA,CAAI,EAAF",
  });
  const columns = [1, 2, 3, 4, 9].map((column) => originalPlace(sourceMap, { line: 1, column }));
  expect(columns).toEqual([1, 5, 5, 3, 3].map((column) => ({ line: 2, column })));
});
