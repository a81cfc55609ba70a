import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { InputError } from "../../../he-ml/errors.js";
import { parseNotebook, type Notebook } from "../../runner/notebook-file.js";

/** What one student handed in. */
export interface Submission {
  /** The name of the file, without `.ipynb`, or of the folder. */
  readonly student: string;
  /** Or why there is none, in one line. */
  readonly notebook: Notebook | string;
}

const mostMegabytes = 20;

/**
 * All submissions in a folder, by the students' names: a notebook each, or a folder with one notebook each.
 *
 * @throws InputError if it cannot be read, there is none, or two have the same name; what is wrong with one stands in it
 */
export async function readSubmissions(folder: string): Promise<readonly Submission[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`grade: "${folder}" cannot be read (${error.code}); name a folder of notebooks`);
  });
  const submissions: Submission[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) submissions.push({ student: entry.name, notebook: await inFolder(path) });
    else if (entry.isFile() && entry.name.endsWith(".ipynb")) {
      submissions.push({ student: basename(entry.name, ".ipynb"), notebook: await readOne(path) });
    }
  }
  if (submissions.length === 0) {
    throw new InputError(`grade: expected notebooks, or a folder for each student, in "${folder}", got none`);
  }
  const twice = submissions.find(({ student }, i) => submissions[i + 1]?.student === student);
  if (twice) throw new InputError(`grade: "${twice.student}" is there twice in "${folder}"; rename one`);
  return submissions;
}

async function inFolder(folder: string): Promise<Notebook | string> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && /^[^.].*\.ipynb$/.test(entry.name));
  return names.length === 1
    ? readOne(join(folder, names[0].name))
    : `expected one notebook in the folder, got ${names.length}`;
}

async function readOne(path: string): Promise<Notebook | string> {
  try {
    const megabytes = (await stat(path)).size / 2 ** 20;
    if (megabytes > mostMegabytes) {
      return `expected a notebook of at most ${mostMegabytes} MiB, got ${megabytes.toFixed(0)}`;
    }
    return parseNotebook(await readFile(path, "utf8"), basename(path));
  } catch (error) {
    return (error as Error).message;
  }
}
