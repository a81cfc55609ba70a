import { expect, test } from "@jest/globals";
import ts from "typescript";
import { operations, type BenchOperation } from "../../src/playground/bench/operations.js";
import { benchCode, drawCode } from "../../src/playground/share/as-typescript.js";
import { cellsOf, notebookOf } from "../../src/playground/share/notebook.js";
import { startOfBench, startOfDraw } from "../../src/playground/state/link.js";

const image = Array.from({ length: 784 }, (_, i) => i % 16);
const allOperations = Object.keys(operations) as BenchOperation[];
const cells = {
  "a digit": drawCode(startOfDraw, image),
  "a digit on a server": drawCode({ ...startOfDraw, server: 'http://host/"x' }, image),
  "the bench": benchCode(startOfBench),
  "all operations": benchCode({
    ...startOfBench,
    isTeaching: true,
    values: { numbers: [1, -2.5] },
    steps: { isEncrypted: true, operations: allOperations },
  }),
};

// That they run is what playground.slow.ts shows.
test.each(Object.entries(cells))("the cell of %s is TypeScript", (_, code) => {
  const { diagnostics } = ts.transpileModule(code, {
    reportDiagnostics: true,
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext },
  });
  expect(diagnostics).toEqual([]);
});

test("the drawing in a cell is the image", () => {
  const rows = /`\n([0-9a-f\n]+)`/.exec(cells["a digit"])![1].split("\n");
  expect(rows.map((row) => row.length)).toEqual(new Array(28).fill(28));
  expect(Array.from(rows.join(""), (digit) => parseInt(digit, 16))).toEqual(image);
});

test("only the rotations that are used get keys", () => {
  const keysOf = (asked: BenchOperation[]) =>
    /exportEvaluationKeys\((.*)\)/.exec(
      benchCode({ ...startOfBench, steps: { isEncrypted: true, operations: asked } }),
    )![1];
  expect(keysOf(["q", "l"])).toBe("[]");
  expect(keysOf(["t", "T", "t"])).toBe(
    "[{ step: 1, level: parameters.levels }, { step: 8, level: parameters.levels }]",
  );
});

test("a notebook holds the cell, and is for our kernel", () => {
  const notebook = JSON.parse(notebookOf(cellsOf("A digit", "http://host/#draw", cells["a digit"])));
  expect(notebook).toMatchObject({ nbformat: 4, metadata: { kernelspec: { name: "he-ml" } } });
  expect(notebook.cells[1].source.join("")).toBe(cells["a digit"].trimEnd());
});
