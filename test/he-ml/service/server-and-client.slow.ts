import { test } from "@jest/globals";
import { checkClosing, checkDamagedKeys } from "./server-and-client.js";

test("a server that is given damaged keys refuses them, and serves the next client, in this thread", () =>
  checkDamagedKeys(0));

test.each([
  ["packed", 0],
  ["batch", 0],
  ["batch", 2],
] as const)("a server stops the run of a session that is closed, packing %s, on %d threads", checkClosing);
