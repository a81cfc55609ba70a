import { parseJson } from "../../formats/parse-json.js";
import { readUserFile } from "./user-file.js";

/**
 * Reads a JSON file that a user named.
 *
 * @param what how messages call it, such as `--input`
 * @throws InputError if it is missing, larger than 256 MiB, or not JSON
 */
export async function readJsonFile(what: string, path: string): Promise<unknown> {
  return parseJson(`${what}: "${path}"`, (await readUserFile(what, path, 256)).toString("utf8"));
}
