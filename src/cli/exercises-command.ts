import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Command } from "commander";
import { InputError } from "../he-ml/errors.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import type { CommandIo } from "./command-io.js";
import { requireWritableFile } from "./files.js";

const lessons = "notebooks";

/** `he-ml exercises`: make the notebooks to hand out, and those with the solutions, of the author's. */
export function exercisesCommand(io: CommandIo): Command {
  return new Command("exercises")
    .description("make exercises/NAME.ipynb and solutions/NAME.ipynb, beside each author's notebook")
    .argument("[notebook...]", `the author's notebooks; all of ${lessons}/NN-*.ipynb if left out`)
    .action((paths: string[]) => makeEditions(paths, io));
}

async function makeEditions(named: readonly string[], { stdout }: CommandIo): Promise<void> {
  const { exercises } = await import("../notebook/exercises/all.js");
  const { editionsOf } = await import("../notebook/exercises/edition/editions.js");
  const { formatNotebook, readNotebook } = await import("../notebook/runner/notebook-file.js");
  const written: [path: string, text: string][] = [];
  for (const path of named.length > 0 ? named : await lessonPaths()) {
    const editions = editionsOf(await readNotebook(path), exercises, path);
    if (!editions) {
      stdout.write(`${path}: no exercises\n`);
      continue;
    }
    const beside = (folder: string) => join(dirname(path), folder, basename(path));
    written.push([beside("exercises"), formatNotebook(editions.exercise)]);
    written.push([beside("solutions"), formatNotebook(editions.solution)]);
  }
  for (const [path] of written) await requireWritableFile("exercises", path);
  for (const [path, text] of written) {
    await writeWholeFile(path, text);
    stdout.write(`${path}\n`);
  }
}

async function lessonPaths(): Promise<string[]> {
  const names = await readdir(lessons).catch(() => []);
  const found = names.filter((name) => /^\d\d-.*\.ipynb$/.test(name)).sort();
  if (found.length > 0) return found.map((name) => join(lessons, name));
  throw new InputError(
    `exercises: there is no ${join(lessons, "NN-….ipynb")} here; name the author's notebooks`,
  );
}
