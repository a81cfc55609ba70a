import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { readdir } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { codeCells, TestFolder } from "../support.js";

interface FailingCell {
  readonly name: string;
  readonly cell: string;
  /** What `he-ml run` says of it, before what the kernel's end adds. */
  readonly message: string;
  /** What it printed until then. */
  readonly before?: string;
}

const exception: FailingCell = {
  name: "an exception",
  cell: `const fail = () => { throw new RangeError("too\\n large"); };\nconsole.log("before"); fail();`,
  message: "RangeError: too large",
  before: "before\n",
};

let folder: TestFolder;
beforeAll(async () => (folder = await TestFolder.create()));
afterAll(() => folder.remove());

/** Runs a notebook whose second cell fails. */
async function checkFailure({ cell, message, before }: FailingCell): Promise<void> {
  const path = await folder.notebook("bad", ["1 + 1", cell, "2 + 2"]);
  // Only what would never end is ended, so that a busy machine fails nothing.
  const timeout = message.includes("within 5 s") ? "5" : "120";
  const { status, stderr } = await folder.run(["run", path, "--out", "far", "--timeout", timeout]);
  expect({ status, stderr: stderr.split(": FATAL")[0].trimEnd() }).toEqual({
    status: 1,
    stderr: `he-ml: bad.ipynb: cell 2 (id id-2): ${message}`.split(": FATAL")[0],
  });
  const notebook = await folder.read("far/bad.ipynb");
  const [first, failed, after] = codeCells(notebook);
  expect(first.outputs).toEqual([{ output_type: "stream", name: "stdout", text: "2\n" }]);
  if (before !== undefined) {
    expect(failed.outputs[0]).toEqual({ output_type: "stream", name: "stdout", text: before });
  }
  expect(failed.outputs.filter(({ output_type }) => output_type === "error")).toHaveLength(1);
  expect(after).toMatchObject({ outputs: [], execution_count: null });
  expect(notebook.metadata["he-ml"]).toBeUndefined();
}

/** Ends the command with a signal while a cell runs that never ends. */
async function checkSignal(signal: "SIGINT" | "SIGTERM", status: number): Promise<void> {
  const path = await folder.notebook("long", [
    `require("fs").writeFileSync("${signal}", ""); await null; while (true) {}`,
  ]);
  const { child, finished } = folder.start(["run", path]);
  await folder.until(signal);
  child.kill(signal);
  expect(await finished).toEqual({ status, stdout: "", stderr: "he-ml: interrupted\n" });
  expect((await readdir(folder.path)).filter((name) => name.startsWith("he-ml-kernel"))).toEqual([]);
}

describe("he-ml run", () => {
  afterEach(async () => expect(await folder.kernels()).toEqual([]));

  test.each([
    exception,
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
      message: "it did not end within 5 s and was interrupted",
    },
    {
      name: "a wait without end",
      cell: `await new Promise(() => undefined);`,
      message: "it did not end within 5 s and was interrupted",
    },
    {
      name: "a loop without end that no interrupt reaches",
      cell: `await null; console.log("before"); while (true) {}`,
      message: "it did not end within 5 s and was interrupted; since that did not help, the kernel was ended",
      before: "before\n",
    },
  ])("stops at $name, and says in which cell", checkFailure);

  test.each([
    { signal: "SIGINT", status: 130 },
    { signal: "SIGTERM", status: 143 },
  ] as const)("ends at once with its kernel on $signal, with status $status and no file left", (sent) =>
    checkSignal(sent.signal, sent.status),
  );

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
