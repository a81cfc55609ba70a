import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it, where they are not there. Node's own `recursive` never ends under `/proc`, where no
 * folder can be made and the system says that the one above it is missing.
 *
 * @throws the error of the file system
 * @example await makeFolder("out/reports");
 */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  const status = await stat(folder).catch(() => undefined);
  if (status?.isDirectory()) return;
  const above = dirname(folder);
  if (above !== folder) await makeFolder(above);
  await mkdir(folder).catch(async (error: NodeJS.ErrnoException) => {
    // Someone else may have made it meanwhile.
    const made = error.code === "EEXIST" && (await stat(folder)).isDirectory();
    if (!made) throw error;
  });
}
