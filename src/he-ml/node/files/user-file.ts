import { readFile, stat } from "node:fs/promises";
import { InputError } from "../../errors.js";

/**
 * Reads a file that a user named.
 *
 * @param what how messages call it, such as `--input`
 * @param mostMebibytes more are refused before anything is read
 * @throws InputError if it is missing, a folder, too large, or may not be read
 */
export async function readUserFile(what: string, path: string, mostMebibytes: number): Promise<Buffer> {
  const status = await stat(path).catch(() => undefined);
  if (!status) throw new InputError(`${what}: there is no file "${path}"; check the path`);
  if (status.isDirectory()) {
    throw new InputError(`${what}: "${path}" is a folder, expected a file; name one of the files in it`);
  }
  if (!status.isFile()) throw new InputError(`${what}: "${path}" is no regular file; name one`);
  if (status.size > mostMebibytes * 2 ** 20) {
    throw new InputError(
      `${what}: expected a file of at most ${mostMebibytes} MiB, but "${path}" has ${status.size} bytes`,
    );
  }
  return readFile(path).catch((error: Error) => {
    throw new InputError(`${what}: "${path}" cannot be read: ${error.message}`);
  });
}
