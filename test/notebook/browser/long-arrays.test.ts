import { afterEach, expect, test } from "@jest/globals";
import * as extracted from "node-inspect-extracted";
import { inspect } from "node:util";
import { printLongArraysSoon } from "../../../src/notebook/browser/long-arrays.js";

const custom = Symbol.for("nodejs.util.inspect.custom");

afterEach(() => {
  for (const prototype of [Array.prototype, Object.getPrototypeOf(Uint8Array.prototype)])
    Reflect.deleteProperty(prototype as object, custom);
});

const long = 12_345;
const VALUES = [
  Float64Array.from({ length: long }, (_, index) => index / 7),
  Array.from({ length: long }, (_, index) => (index % 2 ? index : `text ${index}`)),
  { a: { images: new Uint8Array(long), deeper: { deepest: [new Array(long).fill("... 1 more item")] } } },
  [[1, 2], new Float32Array(3), "...", []],
  Array.from({ length: long }, () => ({ a: [1] })),
];

test.each([{}, { maxArrayLength: 3 }, { maxArrayLength: 0 }, { depth: 0 }, { compact: false }])(
  "long arrays print as they did, with %p",
  (options) => {
    const print = () => VALUES.map((value) => inspect(value, options));
    const before = print();
    printLongArraysSoon();
    expect(print()).toEqual(before);
    expect(VALUES.map((value) => extracted.inspect(value, options))).toEqual(before);
  },
);
