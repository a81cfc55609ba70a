import { InputError } from "../../../he-ml/errors.js";
import { tagsOf, type Cell, type Notebook } from "../../runner/notebook-file.js";
import { withoutFingerprint } from "../../runner/freshness.js";
import { kernelMetadata } from "../../tslab/kernel-metadata.js";
import type { Exercises } from "../check.js";
import { stubStatement, type Exercise } from "../exercise.js";
import { checkedNames } from "./checks-in.js";
import { gradeMetadata, solutionMetadata } from "./nbgrader.js";
import { hasSolution, withoutSolutions } from "./solution-regions.js";

/** What is made of an author's notebook. */
export interface Editions {
  /** To hand out: solutions are stubs, and each untouched check throws. */
  readonly exercise: Notebook;
  /** The author's, with nbgrader's metadata: what nbgrader calls the source. */
  readonly solution: Notebook;
}

/** What a cell of the author's is for. */
type Role =
  | { readonly kind: "check"; readonly exercise: Exercise }
  | { readonly kind: "solution"; readonly exercise: Exercise; readonly gradeId: string }
  | { readonly kind: "given" };

/**
 * Makes the notebook that students get, and the one with the solutions, of an author's that has both. Neither has outputs. A
 * solution belongs to the next check below it; where one takes several cells, each gets a name of its own.
 *
 * @param name of the author's notebook, for messages
 * @returns undefined if the notebook has no exercise
 * @throws InputError if a check is unknown, stands with another in one cell or comes twice, a solution has no check or a
 *   check no solution, or marks do not match
 * @example const { exercise, solution } = editionsOf(await readNotebook(path), exercises, path)!;
 */
export function editionsOf(author: Notebook, exercises: Exercises, name: string): Editions | undefined {
  const roles = rolesOf(author.cells, exercises, name);
  if (!roles.some(({ kind }) => kind === "check")) return undefined;
  const { metadata, ...rest } = withoutFingerprint(author);
  const edition = (change: (cell: Cell, role: Role) => Cell): Notebook => ({
    ...rest,
    metadata: { ...metadata, kernelspec: kernelMetadata },
    cells: author.cells.map((cell, i) =>
      oneFolderDeeper(withoutOutputs(change(withMetadata(cell, roles[i]), roles[i]))),
    ),
  });
  return {
    solution: edition((cell) => cell),
    exercise: edition((cell, role) => {
      if (role.kind === "solution") {
        const stub = stubStatement(role.exercise.title);
        return { ...cell, source: withoutSolutions(cell.source, stub, placeOf(name, cell)) };
      }
      if (role.kind !== "check") return cell;
      // Whoever runs all cells goes on where a check throws.
      const tags = [...new Set([...tagsOf(cell), "raises-exception"])];
      return { ...cell, metadata: { ...cell.metadata, tags } };
    }),
  };
}

function rolesOf(cells: readonly Cell[], exercises: Exercises, name: string): readonly Role[] {
  const checks = cells.map((cell) => checkIn(cell, exercises, name));
  const solved = new Map<Exercise, number>();
  const checked = new Set<Exercise>();
  return cells.map((cell, i): Role => {
    const exercise = checks[i];
    const where = placeOf(name, cell);
    if (cell.cell_type === "code" && hasSolution(cell.source)) {
      const next = checks.slice(i).find((check) => check !== undefined);
      if (!next)
        throw new InputError(`${where}: expected a check below each solution, got none; add its check.…`);
      if (exercise) throw new InputError(`${where}: expected the check in a cell of its own; split the cell`);
      const count = (solved.get(next) ?? 0) + 1;
      solved.set(next, count);
      return {
        kind: "solution",
        exercise: next,
        gradeId: `${next.id}-solution${count === 1 ? "" : `-${count}`}`,
      };
    }
    if (!exercise) return { kind: "given" };
    if (checked.has(exercise))
      throw new InputError(`${where}: ${exercise.id} is checked twice; check it once`);
    if (!solved.has(exercise)) {
      throw new InputError(
        `${where}: expected a solution above the check of ${exercise.id}; mark it // BEGIN SOLUTION`,
      );
    }
    checked.add(exercise);
    return { kind: "check", exercise };
  });
}

function checkIn(cell: Cell, exercises: Exercises, name: string): Exercise | undefined {
  const names = checkedNames(cell);
  if (names.length === 0) return undefined;
  if (names.length > 1) {
    throw new InputError(
      `${placeOf(name, cell)}: expected one check a cell, got ${names.join(" and ")}; split the cell`,
    );
  }
  if (Object.hasOwn(exercises, names[0])) return exercises[names[0]];
  const known = Object.keys(exercises).join(", ");
  throw new InputError(
    `${placeOf(name, cell)}: there is no exercise check.${names[0]}; expected one of ${known}`,
  );
}

const placeOf = (name: string, { id }: Cell) => `"${name}", cell ${id}`;

function withMetadata(cell: Cell, role: Role): Cell {
  if (role.kind === "given") return cell;
  const added =
    role.kind === "check"
      ? gradeMetadata(role.exercise.id, role.exercise.points)
      : solutionMetadata(role.gradeId);
  return { ...cell, metadata: { ...cell.metadata, ...added } };
}

function withoutOutputs(cell: Cell): Cell {
  return cell.cell_type === "code" ? { ...cell, outputs: [], execution_count: null } : cell;
}

/**
 * Links to other lessons stay: their editions lie beside this one. Those that leave the author's folder, or lead to a page in
 * it, have farther to go.
 */
function oneFolderDeeper(cell: Cell): Cell {
  if (cell.cell_type !== "markdown") return cell;
  const source = cell.source.replaceAll("](../", "](../../").replaceAll(/\]\((?=[\w-]+\.md\b)/g, "](../");
  return { ...cell, source };
}
