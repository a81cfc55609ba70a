import { randomUUID } from "node:crypto";
import { access, constants, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../he-ml/errors.js";
import { makeFolder } from "../he-ml/node/files/make-folder.js";

/**
 * Checks, before minutes of work, that a folder can be written later; its parent is made if it is not there.
 *
 * @throws InputError if the path is a file, or it or its parent cannot be written.
 */
export async function requireWritableFolder(path: string): Promise<void> {
  const folder = resolve(path);
  const existing = await stat(folder).catch(() => undefined);
  if (existing && !existing.isDirectory()) {
    throw new InputError(`output ${path}: expected a folder, got a file; choose another path`);
  }
  try {
    if (!existing) await makeFolder(dirname(folder));
    await access(existing ? folder : dirname(folder), constants.W_OK);
  } catch (error) {
    throw new InputError(
      `output ${path}: cannot be written (${(error as Error).message}); choose another path`,
    );
  }
}

/**
 * Writes files into a folder so that it never holds a half-written one: they are written beside it first, then moved.
 * A new folder appears complete at once; in an existing one each file is replaced in one step and others stay.
 *
 * @param files Content by file name.
 * @throws InputError if the folder cannot be written.
 */
export async function writeFolder(
  path: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  await requireWritableFolder(path);
  const folder = resolve(path);
  const isNew = (await stat(folder).catch(() => undefined)) === undefined;
  // On the folder's own file system, as moving does not cross to another.
  const staging = join(isNew ? dirname(folder) : folder, `.${basename(folder)}-${randomUUID()}`);
  try {
    await mkdir(staging);
    for (const [name, content] of Object.entries(files)) await writeFile(join(staging, name), content);
    if (!isNew) {
      for (const name of Object.keys(files)) await rename(join(staging, name), join(folder, name));
    } else {
      await rename(staging, folder);
    }
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
