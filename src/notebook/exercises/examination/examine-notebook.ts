import type { KernelLaunch } from "../../runner/kernel-process.js";
import { tagsOf, type Cell, type CodeCell, type Notebook } from "../../runner/notebook-file.js";
import { runNotebook, type CellProgress } from "../../runner/run-notebook.js";
import type { Exercises } from "../check.js";
import { checkedNames } from "../edition/checks-in.js";
import { unjudged, type Exercise, type Verdict } from "../exercise.js";
import { Examination } from "./examination.js";

export interface ExamineOptions {
  readonly exercises: Exercises;
  readonly cwd: string;
  readonly timeoutSeconds: number;
  readonly mostOutputCharacters: number;
  /** The fence around the kernel. */
  readonly launch: Pick<KernelLaunch, "commandLine" | "env">;
  readonly signal?: AbortSignal;
  readonly onCell?: (progress: CellProgress) => void;
  /** Told of each verdict as it comes. */
  readonly onVerdict?: (exercise: Exercise, verdict: Verdict) => void;
}

export interface Examined {
  /** For each exercise that the notebook checks, in order. */
  readonly verdicts: ReadonlyMap<Exercise, Verdict>;
  /** With the outputs of all cells. */
  readonly notebook: Notebook;
}

/**
 * Runs a notebook to its end, whatever its cells do, and judges each exercise where its check is. A cell that ends the kernel
 * or does not end itself is left out, and the rest run again without it and without the checks that are judged already.
 *
 * @throws the signal's reason when it aborts
 */
export async function examineNotebook(notebook: Notebook, options: ExamineOptions): Promise<Examined> {
  const { exercises, launch, onVerdict, ...runOptions } = options;
  const verdicts = new Map<Exercise, Verdict>();
  const ran = new Map<string, CodeCell>();
  const leftOut = new Set<string>();
  for (;;) {
    const examination = new Examination(exercises, (exercise, verdict) => {
      verdicts.set(exercise, verdict);
      onVerdict?.(exercise, verdict);
    });
    const checks = (id: string, exercise: Exercise) =>
      notebook.cells.some((cell) => cell.id === id && checkedIn(cell, exercises).includes(exercise));
    const run = await runNotebook(toRun(notebook, leftOut), {
      ...runOptions,
      launch: { ...launch, onMessage: (message, answer) => examination.take(message, answer) },
      onCell: (progress) => {
        examination.begin((exercise) => checks(progress.id, exercise));
        options.onCell?.(progress);
      },
    });
    for (const cell of run.notebook.cells) {
      if (cell.cell_type === "code" && !leftOut.has(cell.id)) ran.set(cell.id, cell);
    }
    const { failure } = run;
    if (!failure) break;
    leftOut.add(failure.id);
    for (const cell of notebook.cells) {
      const checked = checkedIn(cell, exercises);
      if (cell.id === failure.id)
        checked.forEach((exercise) => verdicts.set(exercise, unjudged(reasonIn(failure.message))));
      if (checked.length > 0 && checked.every((exercise) => verdicts.has(exercise))) leftOut.add(cell.id);
    }
  }
  const finished = { ...notebook, cells: notebook.cells.map((cell) => ran.get(cell.id) ?? cell) };
  return { verdicts: allVerdicts(finished, exercises, verdicts), notebook: finished };
}

/** All cells may fail; those that are left out do not run. */
function toRun(notebook: Notebook, leftOut: ReadonlySet<string>): Notebook {
  const tag = (cell: Cell) => {
    const tags = [...tagsOf(cell), "raises-exception", ...(leftOut.has(cell.id) ? ["skip-execution"] : [])];
    return { ...cell, metadata: { ...cell.metadata, tags } };
  };
  return { ...notebook, cells: notebook.cells.map(tag) };
}

function checkedIn(cell: Cell, exercises: Exercises): readonly Exercise[] {
  return checkedNames(cell).flatMap((name) => (Object.hasOwn(exercises, name) ? [exercises[name]] : []));
}

/** Verdicts in the notebook's order, also of checks that came to none because a cell failed. */
function allVerdicts(
  { cells }: Notebook,
  exercises: Exercises,
  verdicts: ReadonlyMap<Exercise, Verdict>,
): ReadonlyMap<Exercise, Verdict> {
  const all = new Map<Exercise, Verdict>();
  let failed: string | undefined;
  for (const cell of cells) {
    const checked = checkedIn(cell, exercises);
    const error = errorOf(cell);
    for (const exercise of checked) {
      all.set(
        exercise,
        verdicts.get(exercise) ??
          unjudged(`its check did not run: ${failed ?? error ?? "no reason is known"}`),
      );
    }
    failed = checked.length > 0 ? undefined : (failed ?? error);
  }
  return all;
}

function errorOf(cell: Cell): string | undefined {
  const error =
    cell.cell_type === "code" ? cell.outputs.find(({ output_type }) => output_type === "error") : undefined;
  return error?.output_type === "error" ? `${error.ename}: ${reasonIn(error.evalue)}` : undefined;
}

/** The first line of what went wrong; a process that dies says much more. */
function reasonIn(message: string): string {
  return /out of memory|Failed to allocate/i.test(message)
    ? "it ran out of memory"
    : message.split("\n", 1)[0];
}
