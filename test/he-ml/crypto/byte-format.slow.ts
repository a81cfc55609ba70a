import { test } from "@jest/globals";
import { checkChangedBytes, writeBytes } from "./written-bytes.js";

test("3,000 tensors and keys with bytes changed anywhere in their first half kilobyte are refused by name or read", async () => {
  checkChangedBytes(await writeBytes(), 3000);
});
