import { describe, expect, jest, test } from "@jest/globals";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { cellConsole, type CellConsole } from "../../../src/notebook/browser/cell-console.js";
import type { StreamName } from "../../../src/notebook/browser/kernel-messages.js";

type Printed = [stream: StreamName, text: string][];

/** What a console prints, text of one stream together. */
function printed(
  made: (write: (stream: StreamName, text: string) => void) => CellConsole,
  use: Use,
): Printed {
  const texts: Printed = [];
  use(
    made((stream, text) => {
      const last = texts.at(-1);
      if (last?.[0] === stream) last[1] += text;
      else texts.push([stream, text]);
    }),
  );
  return texts;
}

function nodeConsole(write: (stream: StreamName, text: string) => void): CellConsole {
  const to = (stream: StreamName) =>
    new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        write(stream, chunk);
        done();
      },
    });
  return new Console({ stdout: to("stdout"), stderr: to("stderr"), colorMode: false }) as CellConsole;
}

type Use = (console: CellConsole) => void;

const cyclic: Record<string, unknown> = { a: 1 };
cyclic["self"] = cyclic;

const VALUES: readonly unknown[] = [
  ...["text", "", "%", "two\nlines", 5, -0, NaN, 10n, true, null, undefined, Symbol("s")],
  ...[[], [1, "a", [2, [3, [4]]]], new Array(3), Array.from({ length: 130 }, (_, index) => index)],
  ...[{}, { a: { b: { c: { d: 1 } } } }, cyclic, new Map([["k", { v: 1 }]]), new Set([1, "two"])],
  ...[new Float64Array([0.5, 2]), new Uint8Array(300), new ArrayBuffer(2), new Date(0), /a/g],
  ...[
    () => 1,
    function named() {},
    class A {
      x = 1;
    },
    new (class B extends Map {})(),
    Promise.resolve(1),
  ],
  ...[{ get a() { return 1 } }, Object.create(null), new Proxy({ a: 1 }, {})], // prettier-ignore
];

describe("a cell's console prints what Node's does:", () => {
  test.each(["log", "info", "debug", "warn", "error", "dir", "dirxml", "group"] as const)("%s", (method) => {
    for (const value of VALUES) {
      const use: Use = (console) => console[method](value);
      expect(printed(cellConsole, use)).toEqual(printed(nodeConsole, use));
    }
  });

  const CASES: readonly (readonly [string, Use])[] = [
    [
      "formats",
      (c) => c.log("%s is %d, %i, %f, %j, %o %O %c%%", "x", 1.5, 1.5, "2", { a: 1 }, [1], {}, "", 7),
    ],
    ["several values", (c) => c.log("a", 1, { b: 2 }, "%s", "d")],
    ["nothing", (c) => (c.log(), c.error())],
    ["options of dir", (c) => c.dir({ a: { b: { c: 1 } } }, { depth: 0 })],
    ["dir of what prints itself", (c) => c.dir({ [Symbol.for("nodejs.util.inspect.custom")]: () => "own" })],
    [
      "assertions",
      (c) => {
        c.assert(true, "not this");
        c.assert(false);
        c.assert(false, "text %d", 5);
        c.assert(false, { a: 1 } as never, 2);
      },
    ],
    [
      "counts",
      (c) => {
        for (const label of [undefined, "x", undefined, "1", 1 as never]) c.count(label);
        c.countReset();
        c.count();
        c.count("100 %");
      },
    ],
    [
      "groups",
      (c) => {
        c.group("outer", 1);
        c.log("a\nb");
        c.groupCollapsed();
        c.error({ long: "x".repeat(70), wide: "y".repeat(70) });
        c.groupEnd();
        c.log("c");
        for (let end = 0; end < 3; end++) c.groupEnd();
        c.log("d");
      },
    ],
    ["a table of records", (c) => c.table([{ a: 1, b: "x" }, { a: { c: 1 } }, 5, null])],
    ["a table's columns", (c) => c.table({ p: { a: 1, b: 2 }, q: { b: [1, 2, 3, 4] } }, ["b"])],
    ["a table of rows", (c) => c.table([[1, 2], [{ a: 1, b: 2, c: 3 }]])],
    ["a table of numbers", (c) => c.table(new Float64Array([0.5, 2]))],
    ["a table of a map", (c) => c.table(new Map<unknown, unknown>([["a", 1], [{ k: 1 }, [2]]]))], // prettier-ignore
    ["a table of a set", (c) => c.table(new Set(["a", 1]))],
    ["a table of one value", (c) => (c.table(5), c.table("text"), c.table(null))],
  ];
  test.each(CASES)("%s", (_, use) => {
    expect(printed(cellConsole, use)).toEqual(printed(nodeConsole, use));
  });
});

test("a trace has its message", () => {
  expect(printed(cellConsole, (c) => (c.trace(), c.trace("a %s", "b")))).toEqual([
    ["stderr", "Trace\nTrace: a b\n"],
  ]);
});

describe("timers", () => {
  const times: readonly (readonly [ms: number, text: string])[] = [
    [0, "0ms"],
    [1.5, "1.5ms"],
    [2250, "2.250s"],
    [62_250, "1:02.250 (m:ss.mmm)"],
    [3_602_250, "1:00:02.250 (h:mm:ss.mmm)"],
  ];
  test.each(times)("%d ms are written as Node writes them: %s", (milliseconds, text) => {
    const now = jest.spyOn(performance, "now").mockReturnValue(1000);
    const use: Use = (console) => {
      console.time("t");
      now.mockReturnValue(1000 + milliseconds);
      console.timeLog("t", { a: 1 });
      console.timeEnd("t");
      console.timeEnd("t");
    };
    try {
      expect(printed(cellConsole, use)).toEqual([
        ["stdout", `t: ${text} { a: 1 }\nt: ${text}\n`],
        ["stderr", "Warning: No such label 't' for console.timeEnd()\n"],
      ]);
    } finally {
      now.mockRestore();
    }
  });

  test("have the form of Node's, and go on where they are started twice", () => {
    const use: Use = (console) => {
      console.time();
      console.timeLog();
      console.timeEnd();
    };
    for (const made of [cellConsole, nodeConsole])
      expect(printed(made, use)).toEqual([["stdout", expect.stringMatching(/^(default: [\d.]+ms\n){2}$/)]]);
    expect(
      printed(cellConsole, (c) => {
        c.time();
        c.time();
        c.countReset("c");
      }),
    ).toEqual([
      [
        "stderr",
        "Warning: Label 'default' already exists for console.time()\nWarning: Count for 'c' does not exist\n",
      ],
    ]);
  });
});
