import { expect, test } from "@jest/globals";
import { toBase64 } from "../../../src/he-ml/crypto/base64.js";

test.each([0, 1, 2, 3, 12287, 12288, 12289, 70_000])(
  "%i bytes have the base64 that Node gives them",
  (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * i) % 251);
    expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  },
);
