import { beforeAll, describe, expect, test } from "@jest/globals";
import { createLanguage, type Language } from "../../../src/notebook/browser/language.js";
import { typesOfCells } from "../../../src/site/kernel-types.js";

let types: Record<string, string>;
let language: Language;

beforeAll(async () => {
  types = await typesOfCells();
  language = createLanguage(types);
});

/** `|` is the cursor. */
function at(marked: string): [code: string, cursor: number] {
  const [before, after] = marked.split("|") as [string, string];
  return [before + after, [...before].length];
}

const complete = (marked: string): ReturnType<Language["complete"]> => language.complete(...at(marked));

/** The matches with their kinds, as `name: kind`. */
const kinds = (marked: string): string[] =>
  complete(marked).metadata._jupyter_types_experimental.map(({ text, type }) => `${text}: ${type}`);

const inspect = (marked: string, detail: 0 | 1 = 0, type = "text/plain"): string | undefined =>
  language.inspect(...at(marked), detail).data[type];

/** What the variable `name` is, after these cells. */
const typeAfter = (cells: readonly string[], name: string): string | undefined => {
  for (const cell of cells) language.cellRan(cell);
  return inspect(`${name}|`)?.split("\n")[0];
};

describe("completion in a cell", () => {
  test("lists the members of a class of the library", () => {
    language.cellRan('import { Client } from "he-ml";');
    language.cellRan("const client = await Client.create({});");
    expect(kinds("client.encryptA|")).toEqual(["encryptAsync: method"]);
    expect(complete("client.|").matches).toContain("evaluationKeys");
  });

  test("lists what a module exports", () => {
    expect(kinds('import { Client| } from "he-ml"')[0]).toBe("Client: class");
    expect(kinds('import { readF| } from "node:fs/promises"')).toEqual(["readFile: function"]);
  });

  test("lists what may be imported", () => {
    expect(kinds('import { x } from "|"')).toEqual(
      expect.arrayContaining(["he-ml: module", "he-ml/toy-ckks: module", "node:assert: module"]),
    );
    expect(complete('await import("node:p|")').matches).toEqual(["node:path"]);
    expect(complete('import "|"').matches).not.toContain("he-ml/figures");
  });

  test("lists options and their values", () => {
    language.cellRan('import { compile, loadModel } from "he-ml"; const model = await loadModel("lenet1");');
    expect(kinds("compile(model, { pack| })")).toEqual(["packing: property"]);
    expect(complete('compile(model, { packing: "|" })').matches).toEqual(["scalar", "batch", "packed"]);
  });

  test("replaces the whole name, counted in code points", () => {
    const { cursor_start, cursor_end, matches, metadata } = complete('"🦊é"; "𝐚".toUpp|er; 1');
    expect([matches[0], cursor_start, cursor_end]).toEqual(["toUpperCase", 10, 17]);
    expect(metadata._jupyter_types_experimental[0]).toEqual({
      text: "toUpperCase",
      type: "method",
      start: 10,
      end: 17,
    });
  });

  test("puts names that begin as typed before those that have it within", () => {
    language.cellRan("const aboutSomething = 1, something = 2, Some = 3;");
    expect(complete("some|").matches).toEqual(["something", "Some", "aboutSomething"]);
  });

  test("knows what earlier cells imported", () => {
    language.cellRan('import * as toy from "he-ml/toy-ckks"; import assert from "node:assert";');
    expect(kinds("toy.decod|")).toEqual(["decode: const"]);
    expect(kinds("assert.deepE|")[0]).toBe("deepEqual: function");
    expect(kinds("to|")).toContain("toy: module");
  });

  test("works in code that is not finished", () => {
    expect(complete('if (true) { for (const text of ["a"]) { text.padS|').matches).toEqual(["padStart"]);
    expect(language.complete("Mat", 99).cursor_end).toBe(3);
  });
});

describe("names of earlier cells", () => {
  test.each<[what: string, cells: string[], name: string, type: string]>([
    ["the latest declaration holds", ["let x = 1", 'const x = "a"'], "x", 'const x: "a"'],
    ["a cell sees the names before it", ["let one = 1", "const two = [one]"], "two", "const two: number[]"],
    [
      "a name of its own type",
      ["const self = 1", "const other = self; let self = 'a'"],
      "self",
      "let self: string",
    ],
    [
      "a later cell hides nothing in an earlier one",
      ["let was = 1", "const kept = { was }", "let was = ''"],
      "kept",
      "const kept: {",
    ],
    ["top-level await", ["const waited = await Promise.resolve(1n)"], "waited", "const waited: bigint"],
    ["objects and arrays taken apart", ["const { p, q: [r = 1] } = { p: 1, q: [2] }"], "r", "const r: 1 | 2"],
    ["classes", ["class K { a = 1 }", "const k = new K()"], "k", "const k: K"],
    [
      "interfaces and types",
      ["interface I { a: number } type T = I['a']", "let t: T[]"],
      "t",
      "let t: number[]",
    ],
    ["enumerations", ["enum Kind { A, B }", "const b = Kind.B"], "b", "const b: Kind.B"],
    [
      "functions",
      ["function f<T>(x: T): T[] { return [x] }", "const list = f(1n)"],
      "list",
      "const list: bigint[]",
    ],
    [
      "a type and a value of one name",
      ["interface Both { a: 1 } const Both = 1", "let both: Both"],
      "both",
      "let both: Both",
    ],
    [
      "a value leaves an interface",
      ["interface Left { a: 1 }", "const Left = 1n", "let left: Left"],
      "left",
      "let left: Left",
    ],
    [
      "a value beside an interface",
      ["interface Beside { a: 1 }", "const Beside = 1n"],
      "Beside",
      "const Beside: 1n",
    ],
    [
      "a type leaves a value",
      ["class Kept { a = 1 }", "type Kept = 1", "const kept2 = new Kept()"],
      "kept2",
      "const kept2: Kept",
    ],
    ["what is exported", ["export const ex = 1n; export default class Def {}"], "ex", "const ex: 1n"],
    ["var in a block", ["if (true) { var inner = 1n }"], "inner", "let inner: bigint"],
    ["assigned to", ["let changed = 1n", "changed = 2n"], "changed", "let changed: bigint"],
  ])("%s", (_, cells, name, type) => {
    expect(typeAfter(cells, name)).toContain(type);
  });
});

test("a type and a value of one name may be of two cells", () => {
  for (const cell of ["class Two { old = 1 }", "interface Two { newer: 2 }"]) language.cellRan(cell);
  expect(kinds("new Two().|")).toEqual(["old: property"]);
  expect(kinds("({} as Two).|")).toEqual(["newer: property"]);
  expect(language.diagnostics("const two: Two = { newer: 2 }; new Two().old")).toEqual([]);
});

test("a cell that is no TypeScript declares nothing", () => {
  expect(typeAfter(["const spoilt = 1n", "let spoilt = 'a'; const = 1"], "spoilt")).toBe("const spoilt: 1n");
});

describe("inspection", () => {
  test("has signature and documentation, as text and as Markdown", () => {
    language.cellRan('import { compile } from "he-ml";');
    const markdown = inspect("comp|ile", 0, "text/markdown");
    expect(markdown).toMatch(
      /^```typescript\nfunction compile\(model: Model, .*\): Promise<Program>\n```\n\nPlans /,
    );
    expect(markdown).toContain("*@throws* InputError");
    expect(inspect("compile|")).toMatch(/^function compile\(model: Model, [^`]*$/);
  });

  test("within parentheses is of the call", () => {
    expect(inspect("Math.max(1, |)")).toMatch(/^max\(\.\.\.values: number\[\]\): number\n/);
  });

  test("has the documentation and declaration of an earlier cell's variable", () => {
    language.cellRan("/** Twice that. */\nconst twice = (n: number) => 2 * n;");
    expect(inspect("twice|")).toBe("const twice: (n: number) => number\n\nTwice that.");
    expect(inspect("twice|", 1)).toMatch(/\n\nconst twice = \(n: number\) => 2 \* n;$/);
  });

  test("finds nothing where nothing stands", () => {
    for (const code of ["|", "1 + |2", "notDeclaredAnywhere|"])
      expect(language.inspect(...at(code), 0)).toEqual({
        status: "ok",
        found: false,
        data: {},
        metadata: {},
      });
  });
});

describe("whether a cell is complete", () => {
  test.each([
    ["1 + 2", { status: "complete" }],
    ["", { status: "complete" }],
    ["const a = {", { status: "incomplete", indent: "  " }],
    ["if (a) {\n  b();\n  f(", { status: "incomplete", indent: "    " }],
    ["`text", { status: "incomplete", indent: "" }],
    ["const = 3", { status: "invalid" }],
    ["f();\n}", { status: "invalid" }],
  ])("%j", (code, reply) => expect(language.isComplete(code)).toEqual(reply));
});

describe("errors of types", () => {
  test("have their place in the cell", () => {
    expect(language.diagnostics('const a = 1;\nlet n: number = "a";')).toEqual([
      { line: 2, column: 5, message: "Type 'string' is not assignable to type 'number'." },
    ]);
  });

  test("are none where a cell does what only cells may", () => {
    language.cellRan("let free: number = 1; function g() {}");
    expect(language.diagnostics("free = 2; g = undefined; await 3; let unused;")).toEqual([]);
    expect(language.diagnostics('free = "a"')).toHaveLength(1);
  });
});

test("the types are the library's and the language's, and no others", () => {
  const roots = new Set(Object.keys(types).map((path) => path.split("/").slice(1, 3).join("/")));
  expect([...roots].filter((folder) => !folder.startsWith("lib/")).sort()).toEqual(
    ["@bufbuild", "@types", "he-ml", "node-seal", "onnx-buf", "zod"].map((name) => `node_modules/${name}`),
  );
  expect(Object.keys(types)).not.toContain("/node_modules/he-ml/dist/he-ml/node/index.d.ts");
});
