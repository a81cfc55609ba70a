import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { checkOldNode, run, start } from "./processes.js";
import { temporaryFolder, writeJson } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

// Those that encrypt, Ctrl-C, and JupyterLab: see process.slow.ts.
describe("the command as a process", () => {
  test("status 1: the work failed", async () => {
    const notebook = await writeJson(folder.path, "stale.ipynb", {
      ...{ nbformat: 4, nbformat_minor: 5, metadata: {} },
      cells: [
        { cell_type: "code", id: "one", metadata: {}, source: "1", outputs: [], execution_count: null },
      ],
    });
    const { status, stdout, stderr } = await run(["run", "--check", notebook]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^he-ml: [^\n]*stale\.ipynb: it has no outputs of a whole run [^\n]+\n$/);
  });

  test("status 2: the input cannot be used", async () => {
    const { status, stdout, stderr } = await run(["inspect", "nope"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^he-ml: [^\n]*there is no model "nope"[^\n]*\n$/);
  });

  test("a reader who has seen enough is no failure", async () => {
    const { child, finished } = start(["inspect", "lenet1", "--json"]);
    child.stdout!.destroy();
    expect(await finished).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("Node 24.17.0 starts the one that npm brought, and is refused in one line where there is none", () =>
    checkOldNode("24.17.0"));
});
