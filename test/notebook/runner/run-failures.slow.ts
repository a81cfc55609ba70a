import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { setTimeout } from "node:timers/promises";
import { TestFolder } from "../support.js";
import { checkFailure, checkSignal } from "./run-failures.js";

let folder: TestFolder;
beforeAll(async () => (folder = await TestFolder.create()));
afterAll(() => folder.remove());

/** An exception, and Ctrl-C: see run-failures.test.ts. */
describe("he-ml run", () => {
  afterEach(async () => expect(await folder.kernels()).toEqual([]));

  test.each([
    {
      name: "a type error",
      cell: `import { tensor } from "he-ml";\nconst x = tensor("wide", [1]);`,
      message:
        "TypeScriptError: 2:18 - Argument of type 'string' is not assignable to parameter of type 'Shape'.",
    },
    {
      name: "the end of the kernel",
      cell: `console.log("before"); process.exit(7);`,
      message: "the kernel ended (exit status 7)",
      before: "before\n",
    },
    {
      name: "a crash of the kernel",
      cell: `process.stderr.fd; require("fs").writeSync(2, "FATAL: out of memory\\n"); process.abort();`,
      message: "the kernel ended (SIGABRT): FATAL: out of memory",
    },
    {
      name: "a loop without end",
      cell: `while (true) {}`,
      message: "it did not end within 1 s and was interrupted",
    },
    {
      name: "a wait without end",
      cell: `await new Promise(() => undefined);`,
      message: "it did not end within 1 s and was interrupted",
    },
    {
      name: "a loop without end that no interrupt reaches",
      cell: `await null; console.log("before"); while (true) {}`,
      message: "it did not end within 1 s and was interrupted; since that did not help, the kernel was ended",
      before: "before\n",
    },
  ])("stops at $name, and says in which cell", (failing) => checkFailure(folder, failing));

  test("ends at once with its kernel on SIGTERM, with status 143 and no file left", () =>
    checkSignal(folder, "SIGTERM", 143));

  test("leaves no kernel behind even when it is killed", async () => {
    const path = await folder.notebook("long", [
      `require("fs").writeFileSync("kill-me", ""); await null; while (true) {}`,
    ]);
    const { child, finished } = folder.start(["run", path]);
    await folder.until("kill-me");
    expect(await folder.kernels()).toHaveLength(1);
    child.kill("SIGKILL");
    await finished;
    for (let waited = 0; waited < 5000 && (await folder.kernels()).length > 0; waited += 200) {
      await setTimeout(200);
    }
  });
});
