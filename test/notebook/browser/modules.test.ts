import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { modulePlace, requireExports } from "../../../src/notebook/browser/modules.js";

describe("a cell imports", () => {
  test("the package's exports that have an edition for the browser, and no others", () => {
    const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
      exports: Record<string, object | string>;
    };
    const there: string[] = [];
    for (const [subpath, conditions] of Object.entries(exports)) {
      const name = subpath.replace(/^\./, "he-ml");
      const file = `${name.split("/").at(-1)}.js`;
      if ((typeof conditions === "object" && "browser" in conditions) || subpath === "./toy-ckks") {
        expect(modulePlace(name)).toEqual({ library: file });
        there.push(name);
      } else expect(() => modulePlace(name)).toThrow(`got "${name}", which a page does not have`);
    }
    expect(there).toContain("he-ml/notebook");
  });

  test.each([
    ["node:assert", "node:assert"],
    ["assert", "node:assert"],
    ["fs/promises", "node:fs/promises"],
    ["node:path", "node:path"],
    ["path", "node:path"],
    ["tslab", "tslab"],
  ])("%s, by the kernel", (specifier, kernel) => expect(modulePlace(specifier)).toEqual({ kernel }));

  test.each([
    "fs",
    "node:fs",
    "node:tslab",
    "./mine.js",
    "toString",
    "__proto__",
    "",
    "https://example.org/x.js",
  ])("not %p", (specifier) =>
    expect(() => modulePlace(specifier)).toThrow(
      `got "${specifier}", which a page does not have; install he-ml and open the notebook with tslab`,
    ),
  );
});

test("the first name that a module does not export is refused", () => {
  expect(() => requireExports("he-ml", { a: undefined }, ["a"])).not.toThrow();
  expect(() => requireExports("he-ml", { a: 1 }, ["a", "b", "c"])).toThrow(
    new SyntaxError(
      'import: expected an export of "he-ml", got "b"; look at its spelling, or write "import type" if it is a type',
    ),
  );
});
