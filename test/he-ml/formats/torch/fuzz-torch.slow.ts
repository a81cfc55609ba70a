import { expect, test } from "@jest/globals";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fuzz } from "./fuzz-torch.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes that something still refers to: what other tests left behind in the process is collected before. */
function bytesHeld(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test("12,000 damaged files are refused in one line each, or mean something, and leave nothing behind", async () => {
  const before = bytesHeld();
  expect(await fuzz(2, 12_000)).toBeGreaterThan(8_000);
  expect(bytesHeld() - before).toBeLessThan(2 ** 26);
});
