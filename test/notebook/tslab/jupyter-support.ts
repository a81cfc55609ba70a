import { execFile } from "node:child_process";
import { access, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import {
  formatNotebook,
  parseNotebook,
  readNotebook,
  type Notebook,
} from "../../../src/notebook/runner/notebook-file.js";
import { notebookOf, root, type TestFolder } from "../support.js";

const run = promisify(execFile);

export const jupyterBin = join(root, ".venv-jupyter/bin");

/** Makes the virtual environment with JupyterLab and nbclient, if it is not there yet. */
export async function installJupyter(): Promise<void> {
  const there = await access(join(jupyterBin, "jupyter-lab")).then(
    () => true,
    () => false,
  );
  if (!there) await run(join(root, "scripts/jupyter.sh"));
}

/** Writes our kernel spec into the folder; returns the environment in which Jupyter finds it and nothing of ours else. */
export async function jupyterEnvironment(folder: TestFolder): Promise<NodeJS.ProcessEnv> {
  const share = join(folder.path, "share");
  await run(process.execPath, [join(root, "bin/he-ml.js"), "lab", "--install", share]);
  return {
    ...process.env,
    PATH: `${jupyterBin}:${process.env.PATH}`,
    HOME: folder.path,
    TMPDIR: folder.path,
    JUPYTER_PATH: share,
  };
}

/** A notebook with pictures takes more than Node's megabyte. */
const mostBytes = 2 ** 26;

/** Runs Python code in the virtual environment. */
export async function python(env: NodeJS.ProcessEnv, code: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(join(jupyterBin, "python"), ["-c", code, ...args], {
    env,
    maxBuffer: mostBytes,
  });
  return stdout;
}

const ownNotebook = notebookOf([
  `import { tensor } from "he-ml";
tensor([2, 2], [1, 2, 3, 4])`,
  `import { show } from "he-ml/notebook";
import { withSlider } from "he-ml/viz";
const bars = (text: string, y: number[]) => ({ label: text, figure: { data: [{ type: "bar" as const, y }], layout: { title: { text } } } });
await show(withSlider("bars:", [bars("Two bars", [3, 5]), bars("Three bars", [3, 5, 4])]));`,
  `for (let i = 0; i < 5000; i++) console.log("line", i);`,
]);

/**
 * The notebook that Jupyter is tried with: a small one of the tests' own, or the one that HE_ML_NOTEBOOK names.
 * It lies without outputs in a folder that looks like the project's, so that nothing that Jupyter writes is kept.
 *
 * @returns its path
 */
export async function notebookToTry(
  folder: TestFolder,
  named: string | undefined = process.env.HE_ML_NOTEBOOK,
): Promise<string> {
  const original = named === undefined ? undefined : resolve(root, named);
  const notebooks = join(folder.path, "project/notebooks");
  await mkdir(notebooks, { recursive: true });
  await linkEntries(root, dirname(notebooks), ["notebooks", "out", ".git"]);
  const path = join(notebooks, original ? basename(original) : "small.ipynb");
  if (original) await linkEntries(dirname(original), notebooks, [basename(original)]);
  const notebook = original
    ? await readNotebook(original)
    : parseNotebook(JSON.stringify(ownNotebook), "small");
  await writeFile(path, formatNotebook(withoutOutputs(notebook)));
  return path;
}

function withoutOutputs(notebook: Notebook): Notebook {
  return {
    ...notebook,
    metadata: { kernelspec: { name: "he-ml", display_name: "TypeScript (HE-ML)", language: "typescript" } },
    cells: notebook.cells.map((cell) =>
      cell.cell_type === "code" ? { ...cell, outputs: [], execution_count: null } : cell,
    ),
  };
}

async function linkEntries(from: string, to: string, except: readonly string[]): Promise<void> {
  for (const entry of await readdir(from)) {
    if (!except.includes(entry)) await symlink(join(from, entry), join(to, entry));
  }
}
