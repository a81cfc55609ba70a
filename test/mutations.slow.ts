import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

// In a process of its own, whose memory is measured; `npm run check:full` makes 40,000.
test("1,000 mutations of everything that is read from outside are refused in one line or mean something, and cost nothing", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["scripts/check-mutations.mjs", "1000"], {
    cwd: fileURLToPath(new URL("../", import.meta.url)),
  });
  expect(stdout).not.toContain("WRONG");
  const lines = stdout.trim().split("\n");
  expect(lines).toHaveLength(22);
  for (const line of lines) expect(line).toMatch(/: \d+ mutations, [1-9]\d* refused, \d+ read, /);
}, 300_000);
