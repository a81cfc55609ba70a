import { expect, test } from "@jest/globals";
import { InputError } from "../../../../src/he-ml/errors.js";
import { base64, bytesOf } from "../../../../src/notebook/exercises/lesson-10/small-network.js";

test("bytes travel as base64; other text is refused", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(base64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  expect(bytesOf(base64(bytes))).toEqual(bytes);
  expect(() => bytesOf("no base64!")).toThrow(InputError);
});
