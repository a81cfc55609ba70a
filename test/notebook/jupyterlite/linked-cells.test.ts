import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { InputError } from "../../../src/he-ml/errors.js";
import {
  carriesCells,
  cellsOfLink,
  freeName,
  notebookOfCells,
} from "../../../src/notebook/jupyterlite/linked-cells.js";
import { operations, type BenchOperation } from "../../../src/playground/bench/operations.js";
import { benchCode, drawCode } from "../../../src/playground/share/as-typescript.js";
import { cellsOf, notebookLink } from "../../../src/playground/share/notebook.js";
import { linkOf, startOfBench, startOfDraw, type BenchState } from "../../../src/playground/state/link.js";

const fragmentOf = (cells: unknown) => `#notebook=${encodeURIComponent(JSON.stringify(cells))}`;
const code = (source: unknown) => ({ type: "code", source });

const longestBench: BenchState = {
  ...startOfBench,
  isTeaching: true,
  coeffModulusBits: new Array(8).fill(60),
  values: { numbers: new Array(64).fill(-123456.78901234567) },
  steps: {
    isEncrypted: true,
    operations: Array.from({ length: 24 }, (_, i) => Object.keys(operations)[i % 9] as BenchOperation),
  },
};
const server = `https://host.example.org/${"x".repeat(200)}`;

test.each([
  ["a digit", linkOf(startOfDraw), drawCode(startOfDraw, new Array(784).fill(9))],
  ["a digit on a server", linkOf({ ...startOfDraw, server }), drawCode({ ...startOfDraw, server }, [])],
  ["the longest bench", linkOf(longestBench), benchCode(longestBench)],
])("the playground's link of %s carries its cells", (title, state, cell) => {
  const cells = cellsOf(title, `http://host/he-ml/playground/${state}`, cell);
  const { hash } = new URL(notebookLink("http://host/he-ml/live/notebooks/index.html", cells));
  expect(carriesCells(hash)).toBe(true);
  expect(cellsOfLink(hash)).toEqual(cells);
});

test("a link without cells claims none", () => {
  for (const fragment of ["", "#", "#section-scale", "#notebooks"])
    expect(carriesCells(fragment)).toBe(false);
});

test("a notebook says first where it came from, and has no outputs", () => {
  const notebook = notebookOfCells([
    { type: "markdown", source: "# Title" },
    { type: "code", source: "1 + 1" },
  ]);
  expect(notebook).toEqual({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "he-ml", display_name: "TypeScript (HE-ML)", language: "typescript" } },
    cells: [
      {
        ...{ id: "cell-0", cell_type: "markdown", metadata: {} },
        source: expect.stringContaining("came with a link"),
      },
      { id: "cell-1", cell_type: "markdown", metadata: {}, source: "# Title" },
      {
        ...{ id: "cell-2", cell_type: "code", metadata: {}, source: "1 + 1" },
        ...{ execution_count: null, outputs: [] },
      },
    ],
  });
});

test.each([
  ["no JSON", "#notebook=[{", 'a list of cells, got "[{"'],
  ["a broken percent sign", "#notebook=%5B%E0%A4%A", "a list of cells, got "],
  ["no list", fragmentOf({ cells: [code("1")] }), "a list of cells, got "],
  ["no cell", fragmentOf([]), "1 to 20 cells, got 0"],
  ["many cells", fragmentOf(new Array(21).fill(code("1"))), "1 to 20 cells, got 21"],
  ["a cell that is none", fragmentOf([null]), "cell 1: code or markdown, got undefined"],
  ["another type", fragmentOf([{ type: "raw", source: "" }]), 'cell 1: code or markdown, got "raw"'],
  [
    "outputs",
    fragmentOf([code("1"), { ...code("1"), outputs: [] }]),
    'cell 2: its type and source alone, got "outputs"',
  ],
  [
    "metadata",
    fragmentOf([{ ...code("1"), metadata: {} }]),
    'cell 1: its type and source alone, got "metadata"',
  ],
  ["lines in a list", fragmentOf([code(["1"])]), "cell 1: its source as text, got object"],
  ["a long cell", fragmentOf([code("1".repeat(20_001))]), "cell 1: at most 20000 letters, got 20001"],
  ["a long link", fragmentOf(new Array(10).fill(code("1".repeat(9_000)))), "at most 60000 letters, got 90"],
  [
    "letters that turn the order of others",
    fragmentOf([code("a\u202Eb")]),
    "cell 1: characters that can be seen, got U+202E",
  ],
  [
    "letters without a width",
    fragmentOf([code("a\u200Bb")]),
    "cell 1: characters that can be seen, got U+200B",
  ],
  [
    "letters that are drawn as nothing",
    fragmentOf([code("a\u3164b")]),
    "cell 1: characters that can be seen, got U+3164",
  ],
  [
    "a line end in a comment",
    fragmentOf([code("// a\u2028b")]),
    "cell 1: characters that can be seen, got U+2028",
  ],
  ["terminal codes", fragmentOf([code("\u001B[2J")]), "cell 1: characters that can be seen, got U+001B"],
  ["half of a pair", fragmentOf([code("\uD83D")]), "cell 1: characters that can be seen, got U+D83D"],
  ...["<img src=//host>", "![](//host/a.png)", "~~~mermaid\n~~~", "```mermaid\n```"].map((source) => [
    `Markdown that shows more than text: ${source.slice(0, 4)}`,
    fragmentOf([{ type: "markdown", source }]),
    "cell 1: Markdown without HTML, images and fences, got ",
  ]),
])("%s is refused", (_, fragment, sentence) => {
  expect(() => cellsOfLink(fragment)).toThrow(`link: expected ${sentence}`);
});

test("any fragment is cells within the bounds or is refused by a sentence", () => {
  const fragment = fc.oneof(
    fc.string().map((text) => `#notebook=${text}`),
    fc.jsonValue().map(fragmentOf),
    fc
      .array(fc.record({ type: fc.constantFrom("code", "markdown"), source: fc.string({ unit: "binary" }) }))
      .map(fragmentOf),
  );
  fc.assert(
    fc.property(fragment, (text) => {
      try {
        const cells = cellsOfLink(text);
        expect(cells.length).toBeGreaterThan(0);
        expect(cellsOfLink(fragmentOf(cells))).toEqual(cells);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        expect((error as Error).message).toMatch(/^link: expected .+, got .+; nothing was written: /);
      }
    }),
    { numRuns: 300 },
  );
});

test("a name is one that no file has", () => {
  expect(freeName(new Set())).toBe("from-a-link.ipynb");
  expect(freeName(new Set(["from-a-link.ipynb", "from-a-link-2.ipynb", "x"]))).toBe("from-a-link-3.ipynb");
});
