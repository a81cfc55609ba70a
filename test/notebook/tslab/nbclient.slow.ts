import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseNotebook, type Notebook } from "../../../src/notebook/runner/notebook-file.js";
import { installJupyter, jupyterEnvironment, notebookToTry, python } from "./jupyter-support.js";
import { codeCells, root, TestFolder } from "../support.js";

let folder: TestFolder;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  await installJupyter();
  folder = await TestFolder.create();
  env = await jupyterEnvironment(folder);
}, 600_000);
afterAll(() => folder.remove());

const execute = `
import sys, nbformat
from os.path import dirname
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=600, coalesce_streams=True, resources={"metadata": {"path": dirname(sys.argv[1])}}).execute()
nbformat.validate(notebook)
print(nbformat.writes(notebook))
`;

const rewrite = `
import sys, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
sys.stdout.write(nbformat.writes(notebook))
`;

describe("Jupyter's own Python", () => {
  test("runs a notebook on our kernel to the outputs that he-ml run has, in the very form that nbformat writes", async () => {
    const path = await notebookToTry(folder);
    const byNbclient = parseNotebook(await python(env, execute, path), "nbclient");
    const { status, stderr } = await folder.run(["run", path]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const written = join(folder.path, "out", path.split("/").at(-1)!);
    const text = await readFile(written, "utf8");
    const rewritten = await python(env, rewrite, written);
    expect(JSON.parse(rewritten)).toEqual(JSON.parse(text));

    const byUs = parseNotebook(text, "he-ml");
    const kinds = (notebook: Notebook) =>
      codeCells(notebook).map(({ outputs }) =>
        outputs.map((output) => {
          const shown = output.output_type === "display_data" || output.output_type === "execute_result";
          return shown ? Object.keys(output.data).sort() : output.output_type;
        }),
      );
    expect(kinds(byNbclient)).toEqual(kinds(byUs));
    // Times differ between two runs of a longer notebook, and Python writes small numbers in another form.
    if (process.env.HE_ML_NOTEBOOK === undefined) {
      expect(rewritten).toBe(text.trimEnd());
      expect(codeCells(byNbclient)).toMatchObject(
        codeCells(byUs).map(({ outputs, execution_count }) => ({ outputs, execution_count })),
      );
    }
  }, 900_000);

  test("is told of a cell's error, and goes on after one that is meant to be", async () => {
    const bad = await folder.notebook("bad", [`throw new RangeError("too large")`]);
    await expect(
      python(env, execute.replace("(notebook,", `(notebook, kernel_name="he-ml",`), bad),
    ).rejects.toThrow(/CellExecutionError[\s\S]*RangeError: too large/);
    const allowing = execute.replace("(notebook,", `(notebook, kernel_name="he-ml", allow_errors=True,`);
    const path = await folder.notebook("meant", [`throw new RangeError("meant")`, "1 + 1"]);
    const [failed, next] = codeCells(parseNotebook(await python(env, allowing, path), "meant"));
    expect(failed.outputs).toMatchObject([{ output_type: "error", ename: "RangeError", evalue: "meant" }]);
    expect(next.outputs).toEqual([{ output_type: "stream", name: "stdout", text: "2\n" }]);
  }, 60_000);

  test("interrupts a cell that takes too long", async () => {
    const path = await folder.notebook("loop", ["while (true) {}"]);
    const impatient = execute.replace(
      "timeout=600",
      `kernel_name="he-ml", timeout=2, interrupt_on_timeout=True`,
    );
    await expect(python(env, impatient, path)).rejects.toThrow(/Interrupted: the cell was interrupted/);
  }, 60_000);

  test("runs the walkthrough on the stock tslab kernel", async () => {
    const stock = await TestFolder.create();
    const kernel = join(stock.path, "share/kernels/tslab");
    await mkdir(kernel, { recursive: true });
    const argv = [
      ...[process.execPath, join(root, "node_modules/tslab/bin/tslab"), "kernel"],
      ...["--config-path", "{connection_file}"],
    ];
    const spec = { argv, display_name: "TypeScript", language: "typescript" };
    await writeFile(join(kernel, "kernel.json"), JSON.stringify(spec));
    const path = await notebookToTry(stock, "notebooks/HE-ML_CKKS.ipynb");
    const onStock = execute.replace("(notebook,", `(notebook, kernel_name="tslab",`);
    const stockEnv = { ...env, JUPYTER_PATH: join(stock.path, "share") };
    const notebook = parseNotebook(await python(stockEnv, onStock, path), "stock");
    expect(codeCells(notebook).every(({ execution_count }) => execution_count !== null)).toBe(true);
    const figures = codeCells(notebook).flatMap(({ outputs }) =>
      outputs.filter((output) => output.output_type === "display_data" && "image/png" in output.data),
    );
    expect(figures).toHaveLength(12);
    await stock.remove();
  }, 900_000);
});
