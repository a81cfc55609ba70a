import { describe, expect, test } from "@jest/globals";
import { rewriteCell } from "../../../src/notebook/browser/cell.js";
import { modulePlace } from "../../../src/notebook/browser/modules.js";
import { Cells } from "./run-cells.js";

/** Cells that run one after another, and the result of the last one. */
const NOTEBOOKS: readonly (readonly [what: string, cells: readonly string[], result: unknown])[] = [
  ["the last expression is the result", ["1; 2 + 3"], 5],
  ["an object literal is a result", ["({ a: 1 }).a"], 1],
  ["a declaration is none", ["const x = 1"], undefined],
  ["names are kept", ["const x: number = 6", "x * 7"], 42],
  ["a constant is declared again", ["const x = 1", "const x = 2", "x"], 2],
  [
    "a name becomes a function, then a class",
    ["let f = 1", "function f() { return 2 }", "class f { x = 3 }", "new f().x"],
    3,
  ],
  ["a name without value is undefined", ["let x = 1", "let x: string | undefined", "x"], undefined],
  ["a declared name changes in a later cell", ["let x = 1; const get = () => x", "x = 5", "get()"], 5],
  [
    "objects are taken apart",
    ["const { a, b: [, c = 7], ...rest } = { a: 1, b: [2], d: 4 }", "[a, c, rest.d].join()"],
    "1,7,4",
  ],
  ["arrays are taken apart", ["let [p, ...q] = [1, 2, 3], r = 4", "[p, ...q, r].join()"], "1,2,3,4"],
  ["a key is computed", ['const k = "z"; const { [k]: v } = { z: 9 }', "v"], 9],
  [
    "functions are there before their line",
    ["const y = twice(4); function twice(n: number) { return 2 * n }", "y"],
    8,
  ],
  [
    "functions call themselves",
    ["function fac(n: number): number { return n < 2 ? 1 : n * fac(n - 1) }", "fac(5)"],
    120,
  ],
  [
    "overloads are one function",
    ["function o(x: string): string; function o(x: unknown) { return x }", "o(3 as never)"],
    3,
  ],
  [
    "asynchronous functions and generators",
    ["async function a() { return 1 } function* g() { yield 2 }", "[await a(), ...g()].join()"],
    "1,2",
  ],
  ["await stands at the top", ["const x = await Promise.resolve(4)", "x + (await Promise.resolve(1))"], 5],
  ["for await stands at the top", ["let sum = 0; for await (const x of [1, 2]) sum += x", "sum"], 3],
  [
    "enumerations",
    [
      "enum Kind { A = 3, B } const k: Kind = Kind.B",
      "enum Other { C = Kind.A }",
      "[k, Kind[3], Other.C].join()",
    ],
    "4,A,3",
  ],
  ["a constant enumeration is declared again", ["const enum E { A }", "const enum E { A = 8 }", "E.A"], 8],
  [
    "types are erased",
    ["interface I { x: number } type T = I; declare const z: T", "const v = { x: 1 } satisfies I as T; v!.x"],
    1,
  ],
  ["a cell with a type error runs", ['const n: number = "text"; n'], "text"],
  ["text that looks like what a compiler adds stays", ["`a\nexport {};\nb`"], "a\nexport {};\nb"],
  [
    "export changes nothing",
    ["export const x = 1; export function f() { return x } export { x as y }", "f()"],
    1,
  ],
  [
    "a class with a private field and a base",
    ["class A { #x = 2; get x() { return this.#x } } class B extends A {}", "new B().x"],
    2,
  ],
  ["arrows have their names", ["const named = () => 1", "named.name"], "named"],
  [
    "using disposes at the cell's end",
    ["let log = ''; { using r = { [Symbol.dispose]() { log += 'end' } } } log"],
    "end",
  ],
  [
    "using stands at the top",
    ["let log = ''", "using r = { [Symbol.dispose]() { log += 'end' } }; log += 'cell '", "log"],
    "cell end",
  ],
  [
    "what was used is kept as it was left",
    [
      "let gone = 0; const r = (x: number) => ({ x, [Symbol.dispose]() { gone += this.x } })",
      "using a = r(1), b = r(2)",
      "[a.x, b.x, gone].join()",
    ],
    "1,2,3",
  ],
  [
    "var in blocks and loops is the whole cell's",
    [
      "if (true) { var a = 1, none; { var [b] = [2] } } for (var i = 0, n = 2; i < n; i++) { var last = i }",
      "for (var key in { k: 1 }) ; for (var { v } of [{ v: 7 }]) ;",
      "[a, none, b, i, n, last, key, v].join()",
    ],
    "1,,2,2,2,1,k,7",
  ],
  [
    "var is declared again within",
    ["var x = 1; if (x) { var x = 2 } function f() { var y = 5; return x + y }", "let y = 3", "f() + x + y"],
    12,
  ],
  ["var without value forgets what was", ["let x = 1", "{ var x: any }", "x"], undefined],
  [
    "var of a function is its own",
    ["const f = () => { if (true) { var x = 1 } return x }; f(); typeof x"],
    "undefined",
  ],
  [
    "namespaces",
    ["namespace N { export const a = 1; export namespace M { export const b = a + 1 } }", "N.a + N.M.b"],
    3,
  ],
  [
    "namespaces of one name in a cell are one, in two cells the latter holds",
    [
      "namespace N { export const a = 1 } namespace N { export const b = a + 1 } const sum = N.a + N.b",
      "namespace N { export let c = 4; export const more = () => ++c }",
      "[sum, N.more(), N.c, 'a' in N].join()",
    ],
    "3,5,5,false",
  ],
  [
    "namespaces go with a function, a class, an enumeration",
    [
      "export function f() { return f.x } namespace f { export const x = 1 } class C {} namespace C { export const x = 2 } enum E { A = 3 } namespace E { export const x = 4 }",
      "[f(), f.x, new C() instanceof C, C.x, E.A, E.x].join()",
    ],
    "1,1,true,2,3,4",
  ],
  [
    "namespaces of types have no value",
    ["namespace N { export type T = 1 } const x: N.T = 1; [x, typeof N].join()"],
    "1,undefined",
  ],
  [
    "a type of a namespace gets a name, which has no value",
    ["namespace A.B { export type T = 1 } import T = A.B.T; const t: T = 1", "t"],
    1,
  ],
  [
    "a part of a namespace gets a name",
    [
      "namespace A.B { export const x = 6; export type T = 1 } import P = A.B; import T = A.B.T; const t: T = 1",
      "P.x",
    ],
    6,
  ],
  ["names imported", ['import { one, one as uno } from "m"', "one + uno"], 2],
  [
    "the default and all",
    ['import d, { one } from "m"; import * as all from "m"', "[d, one, all.one].join()"],
    "def,1,1",
  ],
  ["an import for its effect", ['import "m"; 3'], 3],
  [
    "imported types have no value",
    ['import type { T } from "m"; import { type U, V, one } from "m"; const v: V = one', "v"],
    1,
  ],
  ["an import within an expression", ['(await import("m")).one'], 1],
  ["an import within a function", ['const load = async () => (await import("m")).one', "await load()"], 1],
  ["the name of an import is declared again", ['import { one } from "m"', "const one = 5", "one"], 5],
];

describe("a TypeScript cell", () => {
  test.each(NOTEBOOKS)("%s", async (_, cells, result) => {
    const kernel = new Cells({ m: { one: 1, default: "def" } });
    let last: unknown;
    for (const cell of cells) last = await kernel.run(cell);
    expect(last).toEqual(result);
  });

  test("tells the names it declares", () => {
    const { names } = rewriteCell(
      'import { a } from "m"; let [b] = [1]; function c() {} class D {} enum E { F }',
    );
    expect(names.sort()).toEqual(["D", "E", "a", "b", "c"]);
  });

  test("with a syntax error is refused with line and column", () => {
    expect(() => rewriteCell("const a = 1;\nconst = 2;")).toThrow(/^line 2, column 7: /);
  });

  test("with import … = require is refused", () =>
    expect(() => rewriteCell('import fs = require("fs")')).toThrow(/^cell: expected /));

  test("that imports what is not exported is refused by name", async () => {
    const run = new Cells({ m: {} }).run('import { two } from "m"; two');
    await expect(run).rejects.toThrow(/expected an export of "m", got "two"; .*import type/);
  });
});

describe("what a cell imports", () => {
  test("is an export of the package", () =>
    expect(modulePlace("he-ml/toy-ckks")).toEqual({ library: "toy-ckks.js" }));

  test.each(["node:http", "fs", "he-ml/figures", "toString", "https://example.org/x.js"])(
    "%s is refused",
    (specifier) =>
      expect(() => modulePlace(specifier)).toThrow(
        `got "${specifier}", which a page does not have; install he-ml`,
      ),
  );
});
