import { expect, test } from "@jest/globals";
import { fuzz } from "./fuzz-torch.js";

test("100 damaged files are refused in one line each, or mean something", async () => {
  expect(await fuzz(1, 100)).toBeGreaterThan(60);
});
