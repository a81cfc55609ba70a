import { expect, test } from "@jest/globals";
import { record } from "../../../src/notebook/exercises/circuit.js";

const asking = (name: string) => () =>
  record(1, (he, [x]) => (he as unknown as Record<string, (a: unknown) => never>)[name](x));

test.each([
  ["square", "write multiply(a, a)"],
  ["rescaleToNext", "it is rescale(a)"],
  ["encodeScalar", "addPlain and multiplyPlain take a number as it is"],
  [
    "sqrt",
    "it has add, sub, multiply, relinearize, rescale, conjugate, modSwitch, rotate, addPlain, multiplyPlain",
  ],
  ["hasOwn", "it has add, .*"],
])("a machine asked for %s says what to write instead", (name, instead) => {
  const escaped = instead.replace(/[()]/g, "\\$&");
  expect(asking(name)).toThrow(new RegExp(`^a Machine has no '${name}'; ${escaped}$`));
});

test("a machine may be printed, awaited and asked what every object has", async () => {
  let kept: object | undefined;
  record(1, (he, [x]) => ((kept = he), x));
  expect(JSON.stringify(kept)).toMatch(/^\{/);
  expect(Object.is(await Promise.resolve(kept), kept)).toBe(true);
  expect(String(kept)).toBe("[object Object]");
});
