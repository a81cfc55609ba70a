import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../src/he-ml/errors.js";
import { useBackend } from "../../src/train/backend.js";
import { isAbsence } from "../../src/train/node/tensorflow-libraries.js";

describe("the tfjs backend", () => {
  test("is wasm where that is asked for, as often as it is asked for", async () => {
    expect(await useBackend("wasm")).toBe("wasm");
    expect(await useBackend("wasm")).toBe("wasm");
    expect(tf.getBackend()).toBe("wasm");
  });

  test("is tfjs-node or wasm, and computes, where none is asked for", async () => {
    const backend = await useBackend();
    expect(tf.getBackend()).toBe(backend);
    expect(["wasm", "tensorflow"]).toContain(backend);
    expect([...tf.square(tf.tensor1d([1, 2, 3])).dataSync()]).toEqual([1, 4, 9]);
  });

  test("an unknown one is refused with the known ones", async () => {
    await expect(useBackend("webgl")).rejects.toThrow(
      'backend: expected one of wasm, tensorflow, got "webgl"',
    );
    await expect(useBackend("webgl")).rejects.toBeInstanceOf(InputError);
  });

  test("a missing package and a missing native library are absence, other failures are not", () => {
    const missing = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    const noLibrary = new Error(
      "The Node.js native addon module (tfjs_binding.node) can not be found at path: x",
    );
    expect(isAbsence(missing)).toBe(true);
    expect(isAbsence(noLibrary)).toBe(true);
    expect(isAbsence(new TypeError("x is not a function"))).toBe(false);
  });
});
