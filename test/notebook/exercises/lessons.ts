import { readdirSync } from "node:fs";

/** The authors' notebooks of the course, by their names in `notebooks/`. */
export const lessons: readonly string[] = readdirSync("notebooks")
  .filter((name) => /^\d\d-.*\.ipynb$/.test(name))
  .sort();

/** Those that take as much time as all others together: a file of tests of their own, for the second worker. */
export const longestLessons = lessons.filter((name) => /^(?:06|07|10)-/.test(name));
