import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { heMl } from "../../cli/he-ml.js";
import { codeCells, root, TestFolder } from "../support.js";

let folder: TestFolder;
beforeAll(async () => (folder = await TestFolder.create()));
afterAll(() => folder.remove());

const lines = 5000;
const good = [
  `import { tensor } from "he-ml";
   const x = tensor([2, 2], [1, 2, 3, 4]);
   x`,
  `for (let i = 0; i < ${lines}; i++) console.log("line", i);`,
  `import { newDisplay } from "tslab";
   const shown = newDisplay();
   shown.markdown("before");
   console.log("out"); console.error("err"); console.log("out");`,
  "",
  `const maybe: number | undefined = x.data[0] > 0 ? 1 : undefined;
   if (maybe !== undefined) { const narrowed: number = maybe; shown.markdown("*after* " + narrowed); }
   await new Promise((resolve) => setTimeout(resolve, 10));
   [maybe, x.shape]`,
  `throw new Error("meant")`,
  "2 + 2",
];
const meantToFail = 5;

describe("he-ml run", () => {
  afterEach(async () => expect(await folder.kernels()).toEqual([]));

  test("runs a notebook on the tslab kernel and writes it with its outputs, and as HTML", async () => {
    const path = await folder.notebook("good", good);
    const content = JSON.parse(await readFile(path, "utf8")) as { cells: { metadata: object }[] };
    content.cells[meantToFail].metadata = { tags: ["raises-exception"] };
    await writeFile(path, JSON.stringify(content));
    const { status, stdout, stderr } = await folder.run(["run", path]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^out\/good.ipynb, out\/good.html: 6 of 6 cells ran in \d/);

    const notebook = await folder.read("out/good.ipynb");
    expect(notebook.metadata).toMatchObject({
      kernelspec: { name: "he-ml", language: "typescript" },
      language_info: { name: "typescript", file_extension: ".ts" },
      "he-ml": { sources: expect.any(String), libraryVersion: expect.any(String), models: {} },
    });
    const [rich, burst, mixed, empty, last, failed, next] = codeCells(notebook);
    expect(codeCells(notebook).map(({ execution_count }) => execution_count)).toEqual([
      1,
      2,
      3,
      null,
      4,
      5,
      6,
    ]);
    expect(rich.outputs).toEqual([
      {
        output_type: "execute_result",
        execution_count: 1,
        metadata: {},
        data: {
          "text/plain": expect.stringContaining("2×2"),
          "text/html": expect.stringContaining("<table"),
        },
      },
    ]);
    expect(burst.outputs).toEqual([
      {
        output_type: "stream",
        name: "stdout",
        text: Array.from({ length: lines }, (_, i) => `line ${i}\n`).join(""),
      },
    ]);
    expect(mixed.outputs).toEqual([
      { output_type: "display_data", metadata: {}, data: { "text/markdown": "*after* 1" } },
      { output_type: "stream", name: "stdout", text: "out\n" },
      { output_type: "stream", name: "stderr", text: "err\n" },
      { output_type: "stream", name: "stdout", text: "out\n" },
    ]);
    expect(empty.outputs).toEqual([]);
    expect(last.outputs).toEqual([{ output_type: "stream", name: "stdout", text: "[ 1, [ 2, 2 ] ]\n" }]);
    // It goes on after a cell that is meant to fail.
    expect(failed.outputs).toMatchObject([{ output_type: "error", ename: "Error", evalue: "meant" }]);
    expect(next.outputs).toEqual([{ output_type: "stream", name: "stdout", text: "4\n" }]);
    expect(await readFile(join(folder.path, "out/good.html"), "utf8")).toMatch(/^<!doctype html>/i);

    const written = join(folder.path, "out/good.ipynb");
    const fresh = await heMl(["run", "--check", written]);
    expect(fresh).toEqual({ status: 0, stdout: "", stderr: "" });
    const text = await readFile(written, "utf8");
    await writeFile(written, text.replace("[1, 2, 3, 4]", "[1, 2, 3, 5]"));
    const stale = await heMl(["run", "--check", written]);
    expect(stale.status).toBe(1);
    expect(stale.stderr).toMatch(
      /^he-ml: \/.*\/out\/good.ipynb: outputs are stale: its cells have changed; run .*\n$/,
    );
  });

  test.each([
    [["run"], /notebook/],
    [["run", join(root, "README.md")], /^he-ml: ".*README.md" is no notebook: it is not JSON/],
    [["run", join(root, "package.json")], /package.json" is no notebook of nbformat 4: nbformat: expected 4/],
    [["run", "nowhere.ipynb"], /^he-ml: there is no notebook "nowhere.ipynb"; check the path/],
    [["run", "--timeout", "0", "nowhere.ipynb"], /from 1 to 2147483/],
    [["run", "--check", "nowhere.ipynb"], /there is no notebook/],
  ])("refuses %j in one line", async (args, message) => {
    const { status, stdout, stderr } = await heMl(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  test("refuses a notebook in another language", async () => {
    const path = join(folder.path, "python.ipynb");
    const kernelspec = { name: "python3", display_name: "Python 3", language: "python" };
    await writeFile(
      path,
      JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells: [] }),
    );
    const { status, stderr } = await heMl(["run", path]);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/is a python notebook/),
    });
  });

  test("refuses an --out that cannot be written, before a kernel starts", async () => {
    const path = await folder.notebook("fine", ["1"]);
    const { status, stdout, stderr } = await heMl(["run", "--out", path, path]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^he-ml: --out: .* cannot be written: [^\n]+\n$/);
  });

  test("refuses two notebooks of one name", async () => {
    const path = await folder.notebook("twice", []);
    const { status, stderr } = await heMl(["run", path, path]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/would both be written as twice.ipynb/);
  });
});
