// Numbers that others published, as rows of the table.
import { readFile } from "node:fs/promises";

/**
 * @param networks of ours
 * @returns a row for each number of published.json whose network resembles one of them; its seconds are of the server's work
 *   on so many images, on hardware of its own
 */
export async function publishedRows(networks) {
  const entries = JSON.parse(await readFile(new URL("published.json", import.meta.url), "utf8"));
  return entries
    .filter(({ resembles }) => networks.includes(resembles))
    .map(({ system, ...entry }) => ({ status: "published", name: system, ...entry }));
}
