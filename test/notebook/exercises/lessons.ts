import { readdirSync } from "node:fs";

/** The authors' notebooks of the course, by their names in `notebooks/`. */
export const lessons: readonly string[] = readdirSync("notebooks")
  .filter((name) => /^\d\d-.*\.ipynb$/.test(name))
  .sort();
