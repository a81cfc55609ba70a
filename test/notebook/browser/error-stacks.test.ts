import { afterEach, describe, expect, test } from "@jest/globals";
import { beginStacksWithMessages } from "../../../src/notebook/browser/error-stacks.js";

/** As in Firefox, where a prototype's accessor gives the places of errors alone. */
function asInFirefox(places: string): void {
  Object.defineProperty(Error.prototype, "stack", {
    configurable: true,
    get(this: unknown) {
      return this instanceof Error && this !== Error.prototype ? places : undefined;
    },
  });
}

/** An error without V8's own `stack`. */
function errorOf(Type: new (message: string) => Error, message: string): Error {
  const error = new Type(message);
  delete error.stack;
  return error;
}

afterEach(() => void delete (Error.prototype as Partial<Error>).stack);

describe("in Firefox, a stack", () => {
  test("begins with name and message, and its places are written as in Chromium", () => {
    asInFirefox("f@cell-1.ts:2:5\n@cell-1.ts:9:1\nasync*g@https://example.org/a@1/x.js:1:2\n");
    beginStacksWithMessages();
    expect(errorOf(TypeError, "two\nlines").stack).toBe(
      "TypeError: two\nlines\n    at f (cell-1.ts:2:5)\n    at cell-1.ts:9:1\n" +
        "    at async*g (https://example.org/a@1/x.js:1:2)\n",
    );
  });

  test("is as it was for what is no error", () => {
    asInFirefox("f@cell-1.ts:2:5");
    beginStacksWithMessages();
    expect(Error.prototype.stack).toBeUndefined();
    expect((Object.create(Error.prototype) as Error).stack).toContain("Error\n    at f (cell-1.ts:2:5)");
  });
});

test("elsewhere stacks stay", () => {
  beginStacksWithMessages();
  expect(Object.hasOwn(Error.prototype, "stack")).toBe(false);
  expect(new RangeError("x").stack).toMatch(/^RangeError: x\n {4}at /);
});
