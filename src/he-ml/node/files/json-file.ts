import { readFile, stat } from "node:fs/promises";
import { InputError } from "../../errors.js";
import { parseJson } from "../../formats/parse-json.js";

const largestFileBytes = 256 * 2 ** 20;

/**
 * Reads a JSON file that a user named.
 *
 * @param what how messages call it, such as `--input`
 * @throws InputError if it is missing, too large, or not JSON
 */
export async function readJsonFile(what: string, path: string): Promise<unknown> {
  const status = await stat(path).catch(() => undefined);
  if (!status?.isFile()) throw new InputError(`${what}: there is no file "${path}"; check the path`);
  if (status.size > largestFileBytes) {
    throw new InputError(
      `${what}: expected a file of at most 256 MiB, but "${path}" has ${status.size} bytes`,
    );
  }
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new InputError(`${what}: "${path}" cannot be read: ${error.message}`);
  });
  return parseJson(`${what}: "${path}"`, text);
}
