import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isToRun, type Notebook } from "./notebook-file.js";

/** What the outputs of a notebook depend on besides its cells. */
export interface Freshness {
  /** The folder whose subfolders are models. */
  readonly modelsFolder: string;
  readonly libraryVersion: string;
}

// Kept in the notebook's metadata under "he-ml": one hash for each thing, so that a message can say what changed.
const fingerprint = z.object({
  libraryVersion: z.string(),
  /** SHA-256 of the cells' sources, code and prose. */
  sources: z.string(),
  /** SHA-256 of the outputs and execution counts that `he-ml run` wrote. */
  outputs: z.string(),
  /** SHA-256 of all files of each model that the code cells name. */
  models: z.record(z.string(), z.string()),
});

export type Fingerprint = z.infer<typeof fingerprint>;

const metadataKey = "he-ml";

/** The outputs in a notebook are not those that its cells would have now. */
export class StaleOutputsError extends Error {
  override readonly name = "StaleOutputsError";
}

/** The fingerprint of a notebook as it is now, whatever its outputs are. */
export async function fingerprintOf(
  notebook: Notebook,
  { modelsFolder, libraryVersion }: Freshness,
): Promise<Fingerprint> {
  const sources = notebook.cells.map(({ cell_type, source }) => [cell_type, source]);
  const outputs = notebook.cells.map((cell) =>
    cell.cell_type === "code" ? [cell.execution_count, cell.outputs] : [],
  );
  const models: Record<string, string> = {};
  for (const name of await modelsIn(notebook, modelsFolder)) {
    models[name] = await folderHash(join(modelsFolder, name));
  }
  return {
    libraryVersion,
    sources: sha256(JSON.stringify(sources)),
    outputs: sha256(normalJson(outputs)),
    models,
  };
}

/** A notebook that has just been run, with the fingerprint that its outputs belong to. */
export async function withFingerprint(notebook: Notebook, freshness: Freshness): Promise<Notebook> {
  const current = await fingerprintOf(notebook, freshness);
  return { ...notebook, metadata: { ...notebook.metadata, [metadataKey]: current } };
}

/** A notebook whose outputs are incomplete. */
export function withoutFingerprint(notebook: Notebook): Notebook {
  const kept = Object.entries(notebook.metadata).filter(([key]) => key !== metadataKey);
  return { ...notebook, metadata: Object.fromEntries(kept) };
}

/**
 * @throws StaleOutputsError if cells, models or the library have changed since the notebook was run
 * @example await requireFresh(notebook, { modelsFolder: "models", libraryVersion: "1.2.0" });
 */
export async function requireFresh(notebook: Notebook, freshness: Freshness): Promise<void> {
  const stored = fingerprint.safeParse(notebook.metadata[metadataKey]);
  if (!stored.success) {
    throw new StaleOutputsError("it has no outputs of a whole run by he-ml run");
  }
  const before = stored.data;
  const now = await fingerprintOf(notebook, freshness);
  const changes: string[] = [];
  if (before.sources !== now.sources) changes.push("its cells have changed");
  else if (before.outputs !== now.outputs) changes.push("its outputs are not those that he-ml run wrote");
  for (const name of new Set([...Object.keys(before.models), ...Object.keys(now.models)])) {
    if (before.models[name] !== now.models[name]) changes.push(`model "${name}" has changed`);
  }
  if (before.libraryVersion !== now.libraryVersion) {
    changes.push(`the library went from ${before.libraryVersion} to ${now.libraryVersion}`);
  }
  const notRun = notebook.cells.find((cell) => isToRun(cell) && cell.execution_count === null);
  if (notRun) changes.push(`cell ${notRun.id} has no outputs`);
  if (changes.length > 0) throw new StaleOutputsError(`outputs are stale: ${changes.join(", ")}`);
}

/** Names of the models that code cells name in string literals, alone or as a part of a path. */
async function modelsIn(notebook: Notebook, modelsFolder: string): Promise<string[]> {
  const code = notebook.cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => source);
  const entries = await readdir(modelsFolder, { withFileTypes: true });
  const edge = `["'\`/\\\\]`;
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => {
      const named = new RegExp(edge + name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") + edge);
      return code.some((source) => named.test(source));
    })
    .sort();
}

async function folderHash(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashes = await Promise.all(
    paths.sort().map(async (path) => [path.slice(folder.length), sha256(await readFile(path))]),
  );
  return sha256(JSON.stringify(hashes));
}

/** JSON that is the same whatever the order of keys, and whether a text is whole or a list of its lines. */
function normalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (Array.isArray(part)) return part.length > 0 && part.every(isText) ? part.join("") : part;
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).sort(([x], [y]) => (x < y ? -1 : 1)));
  });
}

const isText = (value: unknown) => typeof value === "string";

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
