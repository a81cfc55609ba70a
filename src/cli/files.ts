import { open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { InputError } from "../he-ml/errors.js";
import { makeFolder } from "../he-ml/node/files/make-folder.js";

/**
 * Checks, before the work, that its result can be written; makes the file's folder if it is not there.
 *
 * @param what how messages call it, e.g. `--report`
 * @throws InputError if the path is a folder, or may not be written
 */
export async function requireWritableFile(what: string, path: string): Promise<void> {
  try {
    await makeFolder(dirname(path));
    const isNew = (await stat(path).catch(() => undefined)) === undefined;
    const file = await open(path, "a");
    await file.close();
    if (isNew) await rm(path);
  } catch (error) {
    throw new InputError(
      `${what}: "${path}" cannot be written: ${(error as Error).message}; choose another path`,
    );
  }
}
