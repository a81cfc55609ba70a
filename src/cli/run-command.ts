import { basename, dirname, join } from "node:path";
import { Command } from "commander";
import { InputError } from "../he-ml/errors.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import type { Freshness } from "../notebook/runner/freshness.js";
import type { Notebook } from "../notebook/runner/notebook-file.js";
import type { CellFailure } from "../notebook/runner/run-notebook.js";
import { wholeNumber } from "./arguments.js";
import { ExitStatus, type CommandIo, type Output } from "./command-io.js";
import { requireWritableFile } from "./files.js";
import { packageRoot, packageVersion } from "../he-ml/node/files/package-root.js";
import { startProgress } from "./progress.js";
import { seconds } from "../viz/units.js";

interface RunOptions {
  readonly timeout: number;
  readonly out: string;
  readonly check?: boolean;
}

interface NamedNotebook {
  readonly path: string;
  /** The file's name without `.ipynb`. */
  readonly name: string;
  readonly notebook: Notebook;
}

/** What outputs depend on besides the notebook itself. */
const dependencies: Freshness = {
  modelsFolder: join(packageRoot, "models"),
  libraryVersion: packageVersion(),
};

/** Node's timers end at 2^31 ms. */
const mostSeconds = 2_147_483;

/** `he-ml run`: run notebooks on the tslab kernel, without Python. */
export function runCommand(io: CommandIo): Command {
  return new Command("run")
    .description("run notebooks on the tslab kernel; write each as NAME.ipynb and NAME.html")
    .argument("<notebook...>", "notebooks (.ipynb)")
    .option("--timeout <s>", "seconds that one cell may take", wholeNumber(1, mostSeconds), 600)
    .option("--out <dir>", "folder for what is written", "out")
    .option("--check", "run nothing; fail where the outputs in a notebook are not those of its cells")
    .action((paths: string[], options: RunOptions) =>
      options.check ? check(paths, io) : run(paths, options, io),
    );
}

async function run(paths: readonly string[], options: RunOptions, io: CommandIo): Promise<void> {
  const notebooks = await readAll(paths);
  requirePackages("notebooks");
  for (const path of notebooks.flatMap(({ name }) => outputPaths(name, options.out))) {
    await requireWritableFile("--out", path);
  }
  let failed = false;
  for (const notebook of notebooks) failed = !(await runOne(notebook, options, io)) || failed;
  if (failed) throw new ExitStatus(1);
}

/** @returns whether all cells ran */
async function runOne(
  { path, name, notebook }: NamedNotebook,
  { timeout, out }: RunOptions,
  { stdout, stderr, signal }: CommandIo,
): Promise<boolean> {
  const { runNotebook } = await import("../notebook/runner/run-notebook.js");
  const start = performance.now();
  let toRun = 0;
  const progress = startProgress(stderr);
  const { failure, cells, ...result } = await runNotebook(notebook, {
    cwd: dirname(path),
    timeoutSeconds: timeout,
    signal,
    onCell: ({ cell, cells }) => {
      toRun = cells;
      progress.update(`${name}: cell ${cell}`, cell - 1, cells);
    },
  }).finally(() => progress.stop());

  const { withFingerprint, withoutFingerprint } = await import("../notebook/runner/freshness.js");
  const finished = failure
    ? withoutFingerprint(result.notebook)
    : await withFingerprint(result.notebook, dependencies);
  const written = await write(finished, name, out);
  if (failure) reportFailure(path, failure, stderr);
  stdout.write(
    `${written.join(", ")}: ${cells} of ${toRun} cells ran in ${seconds(performance.now() - start)}\n`,
  );
  return failure === undefined;
}

async function write(notebook: Notebook, name: string, folder: string): Promise<string[]> {
  const { formatNotebook } = await import("../notebook/runner/notebook-file.js");
  const { renderNotebook } = await import("../notebook/html/index.js");
  const paths = outputPaths(name, folder);
  await writeWholeFile(paths[0], formatNotebook(notebook));
  await writeWholeFile(paths[1], await renderNotebook(notebook));
  return paths;
}

const outputPaths = (name: string, folder: string) => [
  join(folder, `${name}.ipynb`),
  join(folder, `${name}.html`),
];

async function check(paths: readonly string[], { stderr }: CommandIo): Promise<void> {
  const { requireFresh, StaleOutputsError } = await import("../notebook/runner/freshness.js");
  let stale = false;
  for (const { path, notebook } of await readAll(paths)) {
    try {
      await requireFresh(notebook, dependencies);
    } catch (error) {
      if (!(error instanceof StaleOutputsError)) throw error;
      stderr.write(
        `he-ml: ${path}: ${error.message}; run it anew: npx he-ml run --out ${dirname(path)} ${path}\n`,
      );
      stale = true;
    }
  }
  if (stale) throw new ExitStatus(1);
}

/** Reads all notebooks before the first is run. */
async function readAll(paths: readonly string[]): Promise<NamedNotebook[]> {
  const { readNotebook } = await import("../notebook/runner/notebook-file.js");
  const notebooks: NamedNotebook[] = [];
  for (const path of paths) {
    const name = basename(path, ".ipynb");
    const other = notebooks.find((notebook) => notebook.name === name);
    if (other) {
      throw new InputError(
        `run: "${path}" and "${other.path}" would both be written as ${name}.ipynb; run them one by one, with --out`,
      );
    }
    const notebook = await readNotebook(path);
    requireLanguage(path, notebook);
    notebooks.push({ path, name, notebook });
  }
  return notebooks;
}

/** @throws InputError if the notebook says that its cells are in another language than the kernel's */
function requireLanguage(path: string, { metadata }: Notebook): void {
  const { language } = (metadata.kernelspec ?? {}) as { language?: unknown };
  if (typeof language === "string" && !/^(type|java)script$/i.test(language)) {
    throw new InputError(`run: "${path}" is a ${language} notebook; expected TypeScript or JavaScript`);
  }
}

function reportFailure(path: string, { cell, id, message }: CellFailure, stderr: Output): void {
  stderr.write(`he-ml: ${basename(path)}: cell ${cell} (id ${id}): ${message.replace(/\s*\n\s*/g, " ")}\n`);
}
