import { readFile } from "node:fs/promises";
import { hasSolution } from "../notebook/exercises/edition/solution-regions.js";
import { readNotebook, formatNotebook, type Cell } from "../notebook/runner/notebook-file.js";
import { pageAddresses } from "./page-addresses.js";
import { onlyToRead } from "./course.js";

/**
 * The files that live notebooks have beside them, by their paths in the checkout, which links between them need. Notebooks are
 * without outputs, as they are there to be run, and cells that solve an exercise are folded up.
 */
export async function liveContents(): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  for (const path of pageAddresses.keys()) {
    if (onlyToRead.includes(path)) continue;
    contents.set(path, path.endsWith(".ipynb") ? await liveNotebook(path) : await readFile(path, "utf8"));
  }
  return contents;
}

async function liveNotebook(path: string): Promise<string> {
  const notebook = await readNotebook(path);
  return formatNotebook({ ...notebook, cells: notebook.cells.map(untouched) });
}

function untouched(cell: Cell): Cell {
  if (cell.cell_type !== "code") return cell;
  const metadata = hasSolution(cell.source)
    ? { ...cell.metadata, jupyter: { ...(cell.metadata.jupyter as object | undefined), source_hidden: true } }
    : cell.metadata;
  return { ...cell, metadata, outputs: [], execution_count: null };
}
