import { afterEach, describe, expect, test } from "@jest/globals";
import { inspect } from "node:util";
import { CellRunner } from "../../../src/notebook/browser/cell-runner.js";

const own = new Set(Object.getOwnPropertyNames(globalThis));
const scope = globalThis as unknown as Record<string, unknown>;

afterEach(() => {
  for (const name of Object.getOwnPropertyNames(globalThis))
    if (!own.has(name)) Reflect.deleteProperty(scope, name);
});

const modules: Readonly<Record<string, object>> = { "he-ml": { five: 5, default: "whole" } };

const newRunner = () =>
  new CellRunner({
    load: async (specifier) => {
      if (!modules[specifier]) throw new Error(`no ${specifier}`);
      return modules[specifier];
    },
    result: async (value) => (value === undefined ? undefined : { "text/plain": inspect(value) }),
  });

/** What the last of these cells shows, or the lines of its error. */
async function last(cells: readonly string[], runner = newRunner()): Promise<unknown> {
  let seen: unknown;
  for (const [index, code] of cells.entries()) {
    const outcome = await runner.run(index + 1, code);
    seen = outcome?.type === "error" ? outcome.traceback : outcome?.data["text/plain"];
  }
  return seen;
}

describe("cells", () => {
  const CELLS: readonly (readonly [what: string, cells: readonly string[], seen: unknown])[] = [
    ["keep names", ["const x = 6", "x * 7"], "42"],
    ["declare names again", ["const x = 6", "class x {}", "let x = 'b'", "x"], "'b'"],
    ["show nothing for undefined", ["const x = 6"], undefined],
    ["wait for promises", ["new Promise((r) => setTimeout(() => r(3)))"], "3"],
    ["await", ["const x = await Promise.resolve(2); x + (await 1)"], "3"],
    ["of a comment alone show nothing", ["// nothing"], undefined],
    ["may be empty", [""], undefined],
    ["export", ["export const x = 1", "x"], "1"],
    ["import", ['import whole, { five as f } from "he-ml"; import "he-ml"', "[whole, f]"], "[ 'whole', 5 ]"],
    ["import later", ['(await import("he-ml")).five'], "5"],
    ["have labels", ["a: for (;;) for (;;) break a", "1"], "1"],
    [
      "dispose at their end",
      [
        "let log: string[] = []",
        "await using r = { async [Symbol.asyncDispose]() { log.push('end') } }; log.push('in')",
        "log",
      ],
      "[ 'in', 'end' ]",
    ],
    ["may be long", [`/*${"x".repeat(1e6)}*/ 1`], "1"],
    ["of no kernel's error find the next one running", ["throw 1", "2"], "2"],
  ];
  test.each(CELLS)("%s", async (_, cells, seen) => expect(await last(cells)).toEqual(seen));

  test("of several runners have the same names, and each runner its own cells' lines", async () => {
    const [first, second] = [newRunner(), newRunner()];
    await first.run(1, "const x = 1; function f() { throw new Error('f') }");
    await second.run(1, "\n\nconst y = x + 1");
    expect(await first.run(2, "[x, y]")).toMatchObject({ data: { "text/plain": "[ 1, 2 ]" } });
    expect(await second.run(2, "\nf()")).toMatchObject({
      traceback: expect.arrayContaining(["    cell 2, line 2, column 1"]),
    });
  });
});

describe("names that a browser has", () => {
  const NAMES: readonly (readonly [what: string, cells: readonly string[], seen: unknown])[] = [
    [
      "are the cells' own",
      ["const Map = 1, fetch = 2, performance = 3", "[Map, fetch, performance]"],
      "[ 1, 2, 3 ]",
    ],
    ["change", ["let URL = 1", "URL += 1; const f = () => ++URL", "f()", "URL"], "3"],
    ["are declared again", ["const Set = 1", "class Set { x = 2 }", "new Set().x"], "2"],
    ["are functions", ["function fetch(): number { return 4 }", "fetch()"], "4"],
    ["are enumerations", ["enum Map { A = 3 }", "Map.A"], "3"],
    ["are namespaces", ["namespace URL { export const a = 5 }", "URL.a"], "5"],
    [
      "are taken apart",
      ["const { Event, ...crypto } = { Event: 1, a: 2 }", "[Event, crypto]"],
      "[ 1, { a: 2 } ]",
    ],
    ["are variables of loops", ["for (var Map = 0; Map < 3; Map++);", "Map"], "3"],
    ["may be the global object's", ["const globalThis = 3, self = 4", "[globalThis, self]"], "[ 3, 4 ]"],
    [
      "may be those of objects",
      ["const toString = 1, constructor = 2", "[toString, constructor]"],
      "[ 1, 2 ]",
    ],
    [
      "leave errors their lines",
      ["const Map = 1", "\n  nothing"],
      ["ReferenceError: nothing is not defined", "    cell 2, line 2, column 3"],
    ],
    ["break no errors", ["const Error = 1, String = 2, Object = 3", "throw 5"], ["thrown: 5"]],
    [
      "stay what they are for earlier cells",
      ["const f = () => typeof Map", "const Map = 1", "f()"],
      "'function'",
    ],
    ["are of use with others", ["const Map = 1; let x = 1", "x += Map; const y = x", "[x, y]"], "[ 2, 2 ]"],
  ];
  const browsers = ["Map", "URL", "fetch", "performance", "Error", "Object", "globalThis"];
  test.each(NAMES)("%s", async (_, cells, seen) => {
    const before = browsers.map((name) => scope[name]);
    expect(await last(cells)).toEqual(seen);
    expect(browsers.map((name) => scope[name])).toEqual(before);
  });

  test("as name and status, which a browser would keep for itself, are as any other", async () => {
    const accessor = { get: () => "the browser's", set: () => undefined, configurable: true };
    Object.defineProperties(globalThis, { name: accessor, onmessage: { ...accessor, get: () => null } });
    expect(await last(["const name = 'mine', onmessage = 1, status = 3", "[name, onmessage, status]"])).toBe(
      "[ 'mine', 1, 3 ]",
    );
  });

  test("as valueOf, which any object has, slow no cell down", async () => {
    await last(["const valueOf = 1"]);
    expect(Object.hasOwn(globalThis, "valueOf")).toBe(true);
  });

  test("that cannot be anything else are refused", async () => {
    expect(await last(["const undefined = 1"])).toEqual([
      expect.stringMatching(/^TypeError: Cannot assign to read only property 'undefined'/),
      "    cell 1, line 1, column 16",
    ]);
  });
});

describe("errors", () => {
  const ERRORS: readonly (readonly [
    code: string,
    ename: string,
    evalue: string,
    places?: readonly string[],
  ])[] = [
    ["\nnothing", "ReferenceError", "nothing is not defined", ["    cell 1, line 2, column 1"]],
    [
      "const f = () => {\n  throw new RangeError('no')\n}\nf()",
      "RangeError",
      "no",
      ["    cell 1, line 2, column 9 in f", "    cell 1, line 4, column 1"],
    ],
    ["const x = 1\nconst y: = 2", "SyntaxError", "line 2, column 10: Type expected."],
    [
      'import { six } from "he-ml"',
      "SyntaxError",
      'import: expected an export of "he-ml", got "six"; look at its spelling, or write "import type" if it is a type',
      ["    cell 1, line 1, column 1"],
    ],
    ["throw 'text'", "thrown", "text"],
    ["throw null", "thrown", "null"],
    ["throw { code: 3 }", "thrown", "{ code: 3 }"],
    ["throw Object.create(null)", "thrown", "[Object: null prototype] {}"],
    ["throw Symbol('s')", "thrown", "Symbol(s)"],
    ["const r = Proxy.revocable({}, {}); r.revoke(); throw r.proxy", "thrown", "a value that has no text"],
    [
      "throw Object.defineProperty(new Error(), 'message', { get() { throw 1 } })",
      "thrown",
      "a value that has no text",
    ],
  ];
  test.each(ERRORS)("%s", async (code, ename, evalue, places = []) => {
    const outcome = await newRunner().run(1, code);
    expect(outcome).toEqual({ type: "error", ename, evalue, traceback: [`${ename}: ${evalue}`, ...places] });
  });

  test("consist of texts", async () => {
    const outcome = await newRunner().run(
      1,
      "throw Object.assign(new Error('x'), { name: () => 1, message: { a: 1 } })",
    );
    expect(outcome).toMatchObject({ ename: "() => 1", evalue: "[object Object]" });
    expect(() => structuredClone(outcome)).not.toThrow();
  });

  test("of what a value shows are the cell's", async () => {
    const runner = new CellRunner({
      load: async () => ({}),
      result: () => Promise.reject(new Error("no picture")),
    });
    expect(await runner.run(1, "1")).toMatchObject({ ename: "Error", evalue: "no picture" });
  });
});
