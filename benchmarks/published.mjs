// Numbers that others published, as rows of the table.
import { readFile } from "node:fs/promises";

/** @returns those of published.json, marked as published */
export async function publishedRows() {
  const entries = JSON.parse(await readFile(new URL("published.json", import.meta.url), "utf8"));
  return entries.map(({ system, security, ...entry }) => ({
    status: "published",
    name: system,
    securityBits: security,
    ...entry,
  }));
}
