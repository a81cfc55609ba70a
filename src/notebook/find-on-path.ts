import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/**
 * Where a program is that a shell would find.
 *
 * @returns undefined if it is not on the PATH, or may not be run
 * @example await findOnPath("jupyter-lab", process.env)
 */
export async function findOnPath(
  name: string,
  { PATH = "" }: Readonly<NodeJS.ProcessEnv>,
): Promise<string | undefined> {
  for (const folder of PATH.split(delimiter)) {
    const path = join(folder, name);
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  return undefined;
}
