import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { parseNotebook, type CodeCell, type Notebook } from "../../src/notebook/runner/notebook-file.js";
import type { Finished } from "../cli/he-ml.js";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A folder of a test's own. What runs with it as TMPDIR can be told from all other processes. */
export class TestFolder {
  private constructor(readonly path: string) {}

  static async create(): Promise<TestFolder> {
    return new TestFolder(await mkdtemp(join(tmpdir(), "he-ml-test-")));
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }

  /** Writes a notebook with these code cells; returns its path. */
  async notebook(name: string, sources: readonly string[]): Promise<string> {
    const path = join(this.path, `${name}.ipynb`);
    await writeFile(path, JSON.stringify(notebookOf(sources)));
    return path;
  }

  async read(name: string): Promise<Notebook> {
    return parseNotebook(await readFile(join(this.path, name), "utf8"), name);
  }

  /** Starts the built command. */
  start(args: readonly string[]): { child: ChildProcess; finished: Promise<Finished> } {
    const child = spawn(process.execPath, [join(root, "bin/he-ml.js"), ...args], {
      cwd: this.path,
      env: { ...process.env, TMPDIR: this.path },
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
    const finished = once(child, "close").then(([status]) => ({
      status: status as number | null,
      ...output,
    }));
    return { child, finished };
  }

  run(args: readonly string[]): Promise<Finished> {
    return this.start(args).finished;
  }

  /** Kernels that run with this folder as TMPDIR. */
  async kernels(): Promise<string[]> {
    const { stdout } = await promisify(execFile)("ps", ["-eww", "-o", "args"]);
    return stdout.split("\n").filter((line) => line.includes("preload.cjs") && line.includes(this.path));
  }

  /** Waits until a kernel's cell has written this file. */
  async until(file: string): Promise<void> {
    for (;;) {
      const there = await readFile(join(this.path, file)).then(
        () => true,
        () => false,
      );
      if (there) return;
      await setTimeout(50);
    }
  }
}

export function notebookOf(sources: readonly string[]): Record<string, unknown> {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: sources.map((source, index) => ({
      cell_type: "code",
      id: `id-${index + 1}`,
      metadata: {},
      source,
      outputs: [],
      execution_count: null,
    })),
  };
}

export const codeCells = (notebook: Notebook) =>
  notebook.cells.filter((cell): cell is CodeCell => cell.cell_type === "code");

/** Runs code in a Node of its own, since zeromq's native part is not for jest; returns what it prints as JSON. */
export async function inNode(code: string): Promise<unknown> {
  const kernel = pathToFileURL(join(root, "dist/notebook/runner/kernel.js")).href;
  const script = `import { Kernel } from ${JSON.stringify(kernel)};\n${code}`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  return JSON.parse(stdout);
}
