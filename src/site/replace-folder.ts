import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A name beside a folder that nothing has. */
export const besideFolder = (path: string): string =>
  join(dirname(path), `.${basename(path)}-${randomUUID()}`);

/**
 * Puts a folder in the place of another, which is deleted once the first is there: if it cannot be moved, the other is put back.
 *
 * @param fresh on the same file system as `target`
 * @param target may be missing
 * @throws Error of the file system
 */
export async function replaceFolder(fresh: string, target: string): Promise<void> {
  const old = besideFolder(target);
  const hadOne = await rename(target, old).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
  try {
    await rename(fresh, target);
  } catch (error) {
    if (hadOne) await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
