import { expect } from "@jest/globals";
import { readdir } from "node:fs/promises";
import { codeCells, type TestFolder } from "../support.js";

interface FailingCell {
  readonly name: string;
  readonly cell: string;
  /** What `he-ml run` says of it, before what the kernel's end adds. */
  readonly message: string;
  /** What it printed until then. */
  readonly before?: string;
}

export const exception: FailingCell = {
  name: "an exception",
  cell: `const fail = () => { throw new RangeError("too\\n large"); };\nconsole.log("before"); fail();`,
  message: "RangeError: too large",
  before: "before\n",
};

/** Runs a notebook whose second cell fails. */
export async function checkFailure(
  folder: TestFolder,
  { cell, message, before }: FailingCell,
): Promise<void> {
  const path = await folder.notebook("bad", ["1 + 1", cell, "2 + 2"]);
  // Only what would never end is ended, so that a busy machine fails nothing.
  const timeout = message.includes("within 1 s") ? "1" : "120";
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
export async function checkSignal(
  folder: TestFolder,
  signal: "SIGINT" | "SIGTERM",
  status: number,
): Promise<void> {
  const path = await folder.notebook("long", [
    `require("fs").writeFileSync("${signal}", ""); await null; while (true) {}`,
  ]);
  const { child, finished } = folder.start(["run", path]);
  await folder.until(signal);
  child.kill(signal);
  expect(await finished).toEqual({ status, stdout: "", stderr: "he-ml: interrupted\n" });
  expect((await readdir(folder.path)).filter((name) => name.startsWith("he-ml-kernel"))).toEqual([]);
}
