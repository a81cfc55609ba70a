import { expect, test } from "@jest/globals";
import { bytesHeld } from "../../bytes-held.js";
import { fuzz } from "./fuzz-torch.js";

test("12,000 damaged files are refused in one line each, or mean something, and leave nothing behind", async () => {
  const before = bytesHeld();
  expect(await fuzz(2, 12_000)).toBeGreaterThan(8_000);
  expect(bytesHeld() - before).toBeLessThan(2 ** 26);
});
