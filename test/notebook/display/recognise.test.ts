import { beforeAll, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { toMimeBundle } from "../../../src/notebook/display/index.js";
import { isClientSpec, isPlan } from "../../../src/notebook/display/recognise.js";
import { smallModel } from "../../he-ml/layers/small-model.js";
import { lazyParameters } from "../../he-ml/support.js";
import { clearPlan, clearRun } from "./values.js";

type Fields = Record<string, unknown>;

const optional = ["error", "relinKeys", "slotLayout", "outputSlotLayout", "inputRange", "blindingBits"];

let plainValues: readonly Fields[];
beforeAll(async () => {
  const { images, traces } = await clearRun();
  const { plan, explanation, spec } = clearPlan();
  plainValues = [
    { ...images },
    { shape: [2], packing: "batch", images: 1, ciphertexts: [new Uint8Array(9), new Uint8Array(9)] },
    { ...lazyParameters },
    { publicKey: new Uint8Array(9), relinKeys: new Uint8Array(9) },
    { ...traces[0].error },
    { ...traces[0] },
    { ...smallModel },
    { ...plan },
    { ...explanation },
    { ...spec },
  ];
});

test("each plain value of the library is recognised", () => {
  for (const value of plainValues) expect(toMimeBundle(value)).toBeDefined();
});

test("with a field left out or spoilt it is a user's own object", () => {
  for (const value of plainValues) {
    for (const field of Object.keys(value)) {
      const { [field]: removed, ...rest } = value;
      expect(removed).toBeDefined();
      if (!optional.includes(field)) expect(toMimeBundle(rest)).toBeUndefined();
      expect(toMimeBundle({ ...rest, [field]: () => removed })).toBeUndefined();
    }
  }
});

test("so is an instance of a user's class, and a list of mixed things", () => {
  class Own {
    readonly own = true;
  }
  for (const value of plainValues) {
    expect(toMimeBundle(Object.assign(Object.create(Own.prototype), value))).toBeUndefined();
  }
  expect(toMimeBundle([plainValues[5], {}])).toBeUndefined();
  expect(toMimeBundle([])).toBeUndefined();
  expect(toMimeBundle([{ a: 1 }, { a: 2 }])).toBeUndefined();
});

test("values that contradict themselves are not recognised", () => {
  const [tensor, serialized, parameters, , , , model] = plainValues;
  expect(toMimeBundle({ ...tensor, shape: [3] })).toBeUndefined();
  expect(toMimeBundle({ ...serialized, images: 0 })).toBeUndefined();
  expect(toMimeBundle({ ...serialized, shape: [3] })).toBeUndefined();
  expect(toMimeBundle({ ...parameters, slots: 1 })).toBeUndefined();
  expect(toMimeBundle({ ...model, inputShape: [7] })).toBeUndefined();
  expect(toMimeBundle({ ...tensor, note: "mine" })).toBeUndefined();
});

test("of a plan the lists of numbers are not read", () => {
  const { plan, spec } = clearPlan();
  const unread = (length: number) =>
    new Proxy(new Array<number>(length).fill(0), {
      get: () => {
        throw new Error("read");
      },
    });
  expect(isPlan({ ...plan, input: [unread(4096)] })).toBe(true);
  expect(isClientSpec({ ...spec, slotLayout: [unread(4096)] })).toBe(true);
});

test("random values of all kinds are left to the kernel", () => {
  fc.assert(
    fc.property(fc.anything({ withTypedArray: true, withBigInt: true, withNullPrototype: true }), (value) => {
      expect(toMimeBundle(value)).toBeUndefined();
    }),
  );
});

test("random values under the library's own field names are left to the kernel", () => {
  const names = fc.constantFrom("shape", "data", "layers", "name", "layout", "images", "publicKey", "scheme");
  fc.assert(
    fc.property(fc.dictionary(names, fc.jsonValue()), (value) => {
      expect(toMimeBundle(value)).toBeUndefined();
      expect(toMimeBundle([value])).toBeUndefined();
    }),
  );
});

test("what throws where it is looked at is left to the kernel", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const trap = Object.defineProperty({}, "name", {
    enumerable: true,
    get: () => {
      throw new Error("do not look");
    },
  });
  for (const value of [proxy, trap, [proxy], [trap]]) expect(toMimeBundle(value)).toBeUndefined();
});

const display = Symbol.for("Jupyter.display");

test("a value's own display method comes first", () => {
  const bundle = { "text/markdown": "**mine**", "text/plain": "mine" };
  expect(toMimeBundle({ [display]: () => bundle })).toBe(bundle);
  expect(toMimeBundle({ ...plainValues[0], [display]: () => bundle })).toBe(bundle);
  expect(toMimeBundle(Object.assign(() => 0, { [display]: () => bundle }))).toBe(bundle);
});

test("a display method that gives no bundle is ignored, one that throws is quoted", () => {
  for (const own of ["text", null, {}, { html: "x" }, Promise.resolve({ "text/plain": "late" })]) {
    expect(toMimeBundle({ [display]: () => own })).toBeUndefined();
  }
  const failing = {
    [display]: () => {
      throw new Error("no picture");
    },
  };
  expect(toMimeBundle(failing)?.["text/plain"]).toMatch("no picture");
});
