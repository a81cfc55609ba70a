import { expect, test } from "@jest/globals";
import { fuzz } from "./fuzz-torch.js";

test("12,000 damaged files are refused in one line each, or mean something", async () => {
  const before = process.memoryUsage().rss;
  expect(await fuzz(2, 12_000)).toBeGreaterThan(8_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 29);
});
