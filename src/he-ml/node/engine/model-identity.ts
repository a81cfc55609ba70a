import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { modelFile } from "../files/model-folder.js";

/**
 * Changes when a model's file does, or one that lies beside it (weights, ranges, parameters): a digest of names, sizes and times.
 *
 * @throws InputError if there is no such model
 */
export async function modelIdentity(path: string): Promise<string> {
  const folder = dirname(await modelFile(path));
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const facts = await Promise.all(
    files.sort().map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name));
      return [name, size, mtimeMs];
    }),
  );
  return createHash("sha256")
    .update(JSON.stringify([path, facts]))
    .digest("hex");
}
