import { readUserFile } from "../../he-ml/node/files/user-file.js";
import { parseTable, type Table } from "../table.js";

const mostMebibytes = 256;

/**
 * Reads a CSV file, as {@link parseTable} has it.
 *
 * @param what how messages call it, such as `--input`
 * @throws InputError if it cannot be read, has no rows, its rows are not equally long, or two columns share a name
 */
export async function readTable(what: string, path: string): Promise<Table> {
  const bytes = await readUserFile(what, path, mostMebibytes);
  return parseTable(`${what}: "${path}"`, bytes.toString("utf8"));
}
