import { test } from "@jest/globals";
import { checkClosing, checkDamagedKeys } from "./server-and-client.js";

// Damaged keys in this thread, closing on 1: see server-and-client.test.ts.
test.each([1, 2])(
  "a server that is given damaged keys refuses them, and serves the next client, on %d threads",
  checkDamagedKeys,
);

test.each([
  ["packed", 0],
  ["packed", 2],
  ["batch", 0],
  ["batch", 2],
] as const)("a server stops the run of a session that is closed, packing %s, on %d threads", checkClosing);
