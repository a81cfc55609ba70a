import { expect, test } from "@jest/globals";
import { exercises } from "../../../src/notebook/exercises/all.js";
import { editionsOf } from "../../../src/notebook/exercises/edition/editions.js";
import {
  parseNotebook,
  tagsOf,
  type Cell,
  type Notebook,
} from "../../../src/notebook/runner/notebook-file.js";
import { notebookOf } from "../support.js";
import { authorCells, authorNotebook } from "./author-notebook.js";

const parsed = (sources: readonly string[]) => parseNotebook(JSON.stringify(notebookOf(sources)), "a");
const author = () => parseNotebook(authorNotebook(), "a.ipynb");
const sources = ({ cells }: Notebook) => cells.map(({ source }) => source);
const solution = "function f(): number {\n  // BEGIN SOLUTION\n  return 1;\n  // END SOLUTION\n}";

test("an exercise notebook keeps signatures and everything given; the body is a stub, and an untouched check is forgiven", () => {
  const { exercise } = editionsOf(author(), exercises, "a.ipynb")!;
  const cells = sources(exercise);
  expect(cells[1]).toBe(
    'function multiply(a: bigint[], b: bigint[]): bigint[] {\n  throw new Error("Your turn: multiply modulo X⁸ + 1");\n}',
  );
  expect(cells.join("\n")).not.toContain("SOLUTION");
  expect([cells[0], cells[2], cells[7]]).toEqual([
    authorCells.given,
    authorCells.checkMultiply,
    authorCells.after,
  ]);
  expect(exercise.cells.map(tagsOf).map(String)).toEqual([
    "",
    "",
    "raises-exception",
    "",
    "raises-exception",
    "",
    "raises-exception",
    "",
  ]);
  expect(exercise.metadata).toMatchObject({ kernelspec: { name: "he-ml", language: "typescript" } });
});

test("a solution notebook is the author's, with nbgrader's metadata and without outputs", () => {
  const run = author();
  if (run.cells[0].cell_type === "code")
    run.cells[0].outputs = [{ output_type: "stream", name: "stdout", text: "old" }];
  const editions = editionsOf({ ...run, metadata: { "he-ml": "fingerprint" } }, exercises, "a.ipynb")!;
  expect(sources(editions.solution)).toEqual(Object.values(authorCells));
  expect(JSON.stringify(editions)).not.toMatch(/"old"|fingerprint/);
  for (const { cells } of Object.values<Notebook>({ ...editions })) {
    expect(cells.map(({ metadata }) => metadata.nbgrader)).toMatchObject([
      undefined,
      { schema_version: 3, grade_id: "multiply-mod-solution", grade: false, solution: true, locked: false },
      { schema_version: 3, grade_id: "multiply-mod", grade: true, solution: false, locked: true, points: 2 },
      { grade_id: "sum-slots-solution", task: false, cell_type: "code" },
      { grade_id: "sum-slots", points: 2 },
      { grade_id: "overflow-solution" },
      { grade_id: "overflow", points: 1 },
      undefined,
    ]);
  }
});

test("links that leave the author's folder leave that of an edition, too", () => {
  const text = { cell_type: "markdown", id: "links", metadata: {}, source: "[a](../a.md), [b](01-b.ipynb)" };
  const notebook = author();
  const { exercise, solution: solved } = editionsOf(
    { ...notebook, cells: [text as Cell, ...notebook.cells] },
    exercises,
    "a.ipynb",
  )!;
  for (const { cells } of [exercise, solved])
    expect(cells[0].source).toBe("[a](../../a.md), [b](01-b.ipynb)");
});

test("a solution may take several cells and regions; a notebook without exercises has no editions", () => {
  const two = solution.replace(
    "}",
    "}\nfunction g(): number {\n  // BEGIN SOLUTION\n  return 2;\n  // END SOLUTION\n}",
  );
  const { exercise } = editionsOf(parsed([two, solution, "await check.overflow(f)"]), exercises, "a")!;
  expect(sources(exercise)[0].match(/Your turn/g)).toHaveLength(2);
  expect(exercise.cells[1].metadata.nbgrader).toMatchObject({ grade_id: "overflow-solution-2" });
  expect(editionsOf(parsed(["1 + 1", "check.golf()"]), exercises, "a")).toBeUndefined();
});

test.each([
  [
    "a check without a solution",
    ["await check.overflow(f)"],
    /cell id-1: expected a solution above the check of overflow/,
  ],
  ["a solution without a check", [solution], /expected a check below each solution/],
  [
    "two checks in a cell",
    [solution, "check.overflow(f); check.sumSlots(g)"],
    /expected one check a cell, got overflow and sumSlots/,
  ],
  [
    "a check that comes twice",
    [solution, "check.overflow(f)", "check.overflow(f)"],
    /overflow is checked twice/,
  ],
  [
    "an unknown check",
    [solution, "check.toString(f)"],
    /there is no exercise check.toString; expected one of .*multiplyMod/,
  ],
  [
    "check and solution in one cell",
    [`${solution}\ncheck.overflow(f)`],
    /expected the check in a cell of its own/,
  ],
  [
    "a region outside of a function",
    ["// BEGIN SOLUTION\nconst x = 1;\n// END SOLUTION", "check.overflow(f)"],
    /within a function/,
  ],
  [
    "a region that is not closed",
    ["  // BEGIN SOLUTION", "check.overflow(f)"],
    /expected \/\/ END SOLUTION, got the cell's end/,
  ],
  [
    "a region within a region",
    ["  // BEGIN SOLUTION\n  // BEGIN SOLUTION", "check.overflow(f)"],
    /got another BEGIN/,
  ],
  [
    "an end without a beginning",
    ["  // BEGIN SOLUTION\n  // END SOLUTION\n  // END SOLUTION", "check.overflow(f)"],
    /before its END/,
  ],
])("refused: %s", (_, cells, says) => {
  expect(() => editionsOf(parsed(cells), exercises, "a")).toThrow(says);
});
