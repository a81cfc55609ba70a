import { parseNotebook, type Notebook } from "../../../src/notebook/runner/notebook-file.js";

/** A cell as nbformat writes it, as far as a test cares. */
export type CellSketch = Readonly<Record<string, unknown>>;

export function notebookOf(cells: readonly CellSketch[], metadata: CellSketch = {}): Notebook {
  return parseNotebook(JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells }), "test.ipynb");
}

export function markdown(source: string, more: CellSketch = {}): CellSketch {
  return { cell_type: "markdown", metadata: {}, source, ...more };
}

export function code(source: string, outputs: readonly unknown[] = [], more: CellSketch = {}): CellSketch {
  return { cell_type: "code", metadata: {}, execution_count: 1, source, outputs, ...more };
}

export function stream(name: "stdout" | "stderr", text: string): unknown {
  return { output_type: "stream", name, text };
}

export function display(data: CellSketch, metadata: CellSketch = {}): unknown {
  return { output_type: "display_data", data, metadata };
}

export function failure(ename: string, evalue: string, traceback: readonly string[]): unknown {
  return { output_type: "error", ename, evalue, traceback };
}

/** One black pixel. */
export const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

export const plotly = "application/vnd.plotly.v1+json";
