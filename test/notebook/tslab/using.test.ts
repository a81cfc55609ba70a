import { describe, expect, test } from "@jest/globals";
import { createRequire } from "node:module";

interface Insertion {
  readonly line: number;
  readonly column: number;
  readonly more: number;
}
interface Using {
  withoutUsing(ts: unknown, code: string): { code: string; insertions: readonly Insertion[] };
  withUsing(output: string): string;
  withConst(ts: unknown, code: string): string;
  columnAsWritten(insertions: readonly Insertion[], line: number, column: number): number;
}

// The kernel loads it as CommonJS, so it is tested as it is built.
const require = createRequire(import.meta.url);
const { withoutUsing, withUsing, withConst, columnAsWritten } =
  require("../../../dist/notebook/tslab/preload/using.cjs") as Using;
const ts: unknown = require("@tslab/typescript-for-tslab");

describe("a cell with using", () => {
  test.each([
    "using x = open();",
    "await using x = open();",
    "{ using a = f(), b = g(); a.use(b) }",
    "using x: Type = open()",
    "const f = async () => { await using y = z(1); return y.a }",
    "function f() {\n  using q = r\n  return q\n}",
    "switch (a) { case 1: using z = 1; }",
    "const s = `${(() => { using x = y; return x })()}`;",
    "/* using a = b */ using größe$ = b; // using c = d",
  ])("%j becomes one that TypeScript 5.0 knows, and is itself again afterwards", (code) => {
    const { code: rewritten, insertions } = withoutUsing(ts, code);
    expect(insertions).toHaveLength(1);
    expect(rewritten).toMatch(/void "he-ml: (await )?using"; const [\wö]/);
    expect(withUsing(rewritten)).toBe(code);
    const asked = withConst(ts, code);
    expect(asked).toHaveLength(code.length);
    expect(asked).toMatch(/const +[\wö]/);
  });

  test.each([
    "const using = 3; using\nx = 4",
    "using = x; using.y = 2; using(x)",
    `"using x = 1"; 'using x = 1'; \`using x = 1\`; /using x = 1/;`,
    "// using x = 1",
    "using => using",
  ])("%j has none, and is left alone", (code) => {
    expect(withoutUsing(ts, code)).toEqual({ code, insertions: [] });
  });

  test("places of errors are told as they are in what was written", () => {
    const lines = ["1;", "{ using a = f(); using b = g(); wrong }", "wrong"];
    const { code, insertions } = withoutUsing(ts, lines.join("\n"));
    const rewritten = code.split("\n");
    for (const word of ["a = f", "b = g", "wrong"]) {
      expect(columnAsWritten(insertions, 1, rewritten[1].indexOf(word))).toBe(lines[1].indexOf(word));
    }
    expect(columnAsWritten(insertions, 2, 3)).toBe(3);
    expect(columnAsWritten(insertions, 1, 0)).toBe(0);
  });
});
