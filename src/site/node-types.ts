/** What the kernel in a page has of Node and tslab, declared: `tslab`, `node:assert`, `readFile` of `node:fs/promises`, `node:path`, `require.resolve`. */

const compares = (name: string, docs: string): string => `
    /** ${docs} */
    export function ${name}(actual: unknown, expected: unknown, message?: string | Error): void;`;

const matches = (name: string, docs: string): string => `
    /** ${docs} */
    export function ${name}(value: string, regExp: RegExp, message?: string | Error): void;`;

const throwing = (name: string, promised: boolean, docs: string): string => `
    /** ${docs} */
    export function ${name}(
      ${promised ? "promise: Promise<unknown> | (() => Promise<unknown>)" : "run: () => unknown"},
      expected?: RegExp | (new (...args: any[]) => Error) | ((error: any) => boolean) | object,
      message?: string | Error,
    ): ${promised ? "Promise<void>" : "void"};`;

/** Declarations after Node's own documentation, https://nodejs.org/docs/latest-v24.x/api/. */
export const nodeTypes = `
declare module "node:assert" {
  /** Throws an AssertionError unless the value is truthy. */
  function assert(value: unknown, message?: string | Error): asserts value;
  namespace assert {
    /** What a failed assertion throws. */
    export class AssertionError extends Error {
      actual: unknown;
      expected: unknown;
      operator: string;
    }
    /** Throws an AssertionError unless the value is truthy. */
    export function ok(value: unknown, message?: string | Error): asserts value;
    /** Throws an AssertionError. */
    export function fail(message?: string | Error): never;
    /** Throws the value unless it is undefined or null. */
    export function ifError(value: unknown): void;${[
      compares("equal", "Throws an AssertionError unless actual == expected."),
      compares("notEqual", "Throws an AssertionError if actual == expected."),
      compares("deepEqual", "Throws an AssertionError unless both have the same structure and == values."),
      compares("notDeepEqual", "Throws an AssertionError if both have the same structure and == values."),
      compares("strictEqual", "Throws an AssertionError unless Object.is(actual, expected)."),
      compares("notStrictEqual", "Throws an AssertionError if Object.is(actual, expected)."),
      compares(
        "deepStrictEqual",
        "Throws an AssertionError unless both have the same types, structure and values.",
      ),
      compares(
        "notDeepStrictEqual",
        "Throws an AssertionError if both have the same types, structure and values.",
      ),
      matches("match", "Throws an AssertionError unless the text matches."),
      matches("doesNotMatch", "Throws an AssertionError if the text matches."),
      throwing("throws", false, "Throws an AssertionError unless the function throws what is expected."),
      throwing("doesNotThrow", false, "Throws an AssertionError if the function throws what is expected."),
      throwing(
        "rejects",
        true,
        "Rejects with an AssertionError unless the promise rejects with what is expected.",
      ),
      throwing(
        "doesNotReject",
        true,
        "Rejects with an AssertionError if the promise rejects with what is expected.",
      ),
    ].join("")}
    /** The same assertions, of which equal is strictEqual, deepEqual is deepStrictEqual, and so on. */
    export const strict: typeof assert;
  }
  export = assert;
}

declare module "node:fs/promises" {
  /** The text of a file of the course. */
  export function readFile(path: string | URL, encoding: string | { encoding: string }): Promise<string>;
  /** The bytes of a file of the course. */
  export function readFile(path: string | URL): Promise<Uint8Array>;
}

declare module "node:path" {
  /** The last part of a path, without \`suffix\`. */
  export function basename(path: string, suffix?: string): string;
  /** A path without its last part. */
  export function dirname(path: string): string;
  /** A path's ending, from its last point. */
  export function extname(path: string): string;
  /** Whether a path begins at the root. */
  export function isAbsolute(path: string): boolean;
  /** The parts joined by slashes, and normalised. */
  export function join(...paths: string[]): string;
  /** A path without needless points and slashes. */
  export function normalize(path: string): string;
  /** The way from one path to another. */
  export function relative(from: string, to: string): string;
  /** The absolute path that the parts come to, the last first. */
  export function resolve(...paths: string[]): string;
  /** The parts of a path. */
  export function parse(path: string): { root: string; dir: string; base: string; ext: string; name: string };
  export const sep: "/";
}

declare module "assert" {
  import assert = require("node:assert");
  export = assert;
}

declare module "fs/promises" {
  export * from "node:fs/promises";
}

declare module "path" {
  export * from "node:path";
}

declare module "tslab" {
  /** Shows rich content. */
  export interface Display {
    javascript(text: string): void;
    html(text: string): void;
    markdown(text: string): void;
    latex(text: string): void;
    svg(text: string): void;
    text(text: string): void;
    png(bytes: Uint8Array): void;
    jpeg(bytes: Uint8Array): void;
    gif(bytes: Uint8Array): void;
    pdf(bytes: Uint8Array): void;
    /** Content of any media type. */
    raw(contentType: string, content: string | Uint8Array): void;
  }
  export const display: Display;
  /** What it shows takes the place of what it showed before. */
  export function newDisplay(): Display;
}

declare const require: {
  /** Where the package's description would be, beside the course's files. */
  resolve(specifier: "he-ml/package.json"): string;
};
`;
