import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../../he-ml/errors.js";
import { readNotebook, type Cell, type Notebook } from "../../runner/notebook-file.js";
import type { Exercises } from "../check.js";
import { exercisesIn } from "../edition/checks-in.js";
import { gradeCellOf } from "../edition/nbgrader.js";
import type { Exercise } from "../exercise.js";
import type { Submission } from "./submissions.js";

/** What was handed out. */
export interface Assignment {
  readonly path: string;
  readonly notebook: Notebook;
  readonly exercises: readonly Exercise[];
}

/** @throws InputError unless it is a notebook that `he-ml exercises` made */
export async function readAssignment(path: string, exercises: Exercises): Promise<Assignment> {
  const notebook = await readNotebook(path);
  const listed = exercisesIn(notebook.cells, exercises);
  if (listed.length === 0 || !notebook.cells.some((cell) => gradeCellOf(cell)?.kind === "solution")) {
    throw new InputError(`grade: "${path}" is no exercise notebook; name one that npx he-ml exercises made`);
  }
  return { path, notebook, exercises: listed };
}

/**
 * Which of the notebooks in a folder was handed out: the one with which most submissions share most exercises.
 *
 * @throws InputError if none is, or two are as likely
 */
export async function findAssignment(
  folder: string,
  submissions: readonly Submission[],
  exercises: Exercises,
): Promise<Assignment> {
  const names = await readdir(folder).catch(() => []);
  const paths = names.filter((name) => name.endsWith(".ipynb")).map((name) => join(folder, name));
  const candidates = await Promise.all(paths.map((path) => readAssignment(path, exercises)));
  const votes = candidates.map((candidate) => ({ candidate, votes: 0 }));
  for (const { notebook } of submissions) {
    if (typeof notebook === "string") continue;
    const checked = exercisesIn(notebook.cells, exercises);
    const shared = candidates.map(
      (one) => one.exercises.filter((exercise) => checked.includes(exercise)).length,
    );
    const most = Math.max(0, ...shared);
    if (most > 0) votes[shared.indexOf(most)].votes++;
  }
  const [first, second] = votes.sort((a, b) => b.votes - a.votes);
  if (first && first.votes > (second?.votes ?? 0)) return first.candidate;
  throw new InputError(
    `grade: it is not clear which notebook of "${folder}" was handed out; name it: --assignment NOTEBOOK`,
  );
}

/**
 * The notebook to run for a submission: all cells that were handed out, checks too, with the student's own where something
 * was to be written. Code cells that the student added stand before the next of these; those that check or grade are left out.
 */
export function withSolutionsOf(student: Notebook, { notebook }: Assignment): Notebook {
  const given = new Set(notebook.cells.map(({ id }) => id));
  const handedOut = new Set(notebook.cells.map(({ source }) => source));
  const isAdded = (cell: Cell) =>
    cell.cell_type === "code" &&
    gradeCellOf(cell) === undefined &&
    !given.has(cell.id) &&
    !handedOut.has(cell.source) &&
    !/\bcheck\s*\./.test(cell.source);
  let next = 0;
  const cells = notebook.cells.flatMap((cell): Cell[] => {
    const own = gradeCellOf(cell);
    if (own?.kind !== "solution") return [cell];
    const at = student.cells.findIndex((other) => isSolution(other, own.gradeId));
    if (at < 0) return [cell];
    const added = student.cells.slice(next, at).filter(isAdded);
    next = Math.max(next, at + 1);
    return [...added, { ...cell, source: student.cells[at].source }];
  });
  return { ...notebook, cells: cells.map((cell, i) => ({ ...cell, id: `cell-${i + 1}` })) };
}

function isSolution(cell: Cell, gradeId: string): boolean {
  const found = cell.cell_type === "code" ? gradeCellOf(cell) : undefined;
  return found?.kind === "solution" && found.gradeId === gradeId;
}
