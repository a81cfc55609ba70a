import { expect, test } from "@jest/globals";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { exercises } from "../../../src/notebook/exercises/all.js";
import { editionsOf } from "../../../src/notebook/exercises/edition/editions.js";
import { formatNotebook, readNotebook } from "../../../src/notebook/runner/notebook-file.js";
import { root } from "../support.js";

const notebooks = join(root, "notebooks");
const lessonsIn = async (folder: string) =>
  (await readdir(folder).catch(() => [])).filter((name) => /^\d\d-.*\.ipynb$/.test(name)).sort();

// Run `npx he-ml exercises` after a change of a lesson or of an exercise.
test("exercise and solution notebooks are what he-ml exercises makes of the lessons", async () => {
  const made: Record<string, Record<string, string>> = { exercises: {}, solutions: {} };
  for (const name of await lessonsIn(notebooks)) {
    const editions = editionsOf(await readNotebook(join(notebooks, name)), exercises, name);
    if (!editions) continue;
    made.exercises[name] = formatNotebook(editions.exercise);
    made.solutions[name] = formatNotebook(editions.solution);
  }
  for (const [folder, expected] of Object.entries(made)) {
    const names = await lessonsIn(join(notebooks, folder));
    const committed = await Promise.all(
      names.map(async (name) => [name, await readFile(join(notebooks, folder, name), "utf8")]),
    );
    expect(Object.fromEntries(committed)).toEqual(expected);
  }
});
