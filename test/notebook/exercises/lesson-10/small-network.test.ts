import { expect, test } from "@jest/globals";
import { InputError } from "../../../../src/he-ml/errors.js";
import { bytesOf } from "../../../../src/notebook/exercises/lesson-10/small-network.js";

test("bytes are read from base64; other text is refused", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(bytesOf(Buffer.from(bytes).toString("base64"))).toEqual(bytes);
  expect(() => bytesOf("no base64!")).toThrow(InputError);
});
