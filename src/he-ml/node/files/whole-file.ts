import { randomUUID } from "node:crypto";
import { chmod, open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A file could not be written: no room, no right. Its cause is the file system's own error. */
export class WriteError extends Error {
  override readonly name = "WriteError";

  constructor(path: string, cause: Error) {
    super(`"${path}" could not be written: ${cause.message}`, { cause });
  }
}

/**
 * Writes a file so that it is never there half: beside it first, then moved to its place in one step. What was there
 * stays as it was where the disk is full. A symbolic link keeps leading where it led, a replaced file keeps its mode,
 * and what is no file, such as `/dev/stdout`, is written to directly.
 *
 * @throws WriteError, with nothing left beside the file
 * @example await writeWholeFile("report.html", page);
 */
export async function writeWholeFile(path: string, content: string | Uint8Array): Promise<void> {
  try {
    const target = await realpath(path).catch(() => path);
    const existing = await stat(target).catch(() => undefined);
    if (existing && !existing.isFile()) await writeFile(target, content);
    else await replace(target, content, existing?.mode);
  } catch (error) {
    throw new WriteError(path, error as Error);
  }
}

async function replace(target: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const beside = join(dirname(target), `.${basename(target)}-${randomUUID()}`);
  try {
    const file = await open(beside, "wx");
    try {
      await file.writeFile(content);
      // Some file systems find out only now that they are full.
      await file.sync();
    } finally {
      await file.close();
    }
    if (mode !== undefined) await chmod(beside, mode);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
