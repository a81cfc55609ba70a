import type { Cell } from "../../runner/notebook-file.js";
import type { Exercises } from "../check.js";
import type { Exercise } from "../exercise.js";

/** The names of all exercises that a cell checks, known or not. */
export function checkedNames(cell: Cell): readonly string[] {
  if (cell.cell_type !== "code") return [];
  const names = Array.from(cell.source.matchAll(/\bcheck\s*\.\s*(\w+)\s*\(/g), ([, name]) => name);
  return [...new Set(names)].filter((name) => name !== "golf");
}

/** The exercises that a notebook checks, in order. */
export function exercisesIn(cells: readonly Cell[], exercises: Exercises): readonly Exercise[] {
  const names = cells.flatMap(checkedNames).filter((name) => Object.hasOwn(exercises, name));
  return [...new Set(names)].map((name) => exercises[name]);
}
