import { readFile } from "node:fs/promises";
import * as z from "zod";
import { InputError } from "../../he-ml/errors.js";

// The parts of nbformat 4.5 that this project reads and writes. Unknown keys are kept, so that a notebook that is
// read and written loses nothing. https://nbformat.readthedocs.io/en/latest/format_description.html
const multilineText = z
  .union([z.string(), z.array(z.string())], "expected a text or a list of its lines")
  .transform((text) => [text].flat().join(""));
const metadata = z.record(z.string(), z.unknown());
const mimeBundle = z
  .record(z.string(), z.unknown())
  .transform((data) =>
    Object.fromEntries(Object.entries(data).map(([type, value]) => [type, joinLines(type, value)])),
  );

const output = z.discriminatedUnion("output_type", [
  z.looseObject({
    output_type: z.literal("stream"),
    name: z.string(),
    text: multilineText,
  }),
  z.looseObject({ output_type: z.literal("display_data"), data: mimeBundle, metadata: metadata.default({}) }),
  z.looseObject({
    output_type: z.literal("execute_result"),
    data: mimeBundle,
    metadata: metadata.default({}),
    execution_count: z.number().nullable(),
  }),
  z.looseObject({
    output_type: z.literal("error"),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string()),
  }),
]);

// Before nbformat 4.5 cells had no id.
const cellBase = { id: z.string().default(""), metadata: metadata.default({}), source: multilineText };
const cell = z.discriminatedUnion("cell_type", [
  z.looseObject({ ...cellBase, cell_type: z.literal("markdown") }),
  z.looseObject({ ...cellBase, cell_type: z.literal("raw") }),
  z.looseObject({
    ...cellBase,
    cell_type: z.literal("code"),
    execution_count: z.number().nullable().default(null),
    outputs: z.array(output).default([]),
  }),
]);

const notebook = z.looseObject({
  nbformat: z.literal(
    4,
    "expected 4; bring an older notebook up to date with jupyter nbconvert --to notebook",
  ),
  nbformat_minor: z.number(),
  metadata: metadata.default({}),
  cells: z.array(cell).transform(withOwnIds),
});

/** A Jupyter notebook in memory: texts are single strings, and every cell has an id that no other has. */
export type Notebook = z.infer<typeof notebook>;
export type Cell = Notebook["cells"][number];
export type CodeCell = Extract<Cell, { cell_type: "code" }>;
export type Output = CodeCell["outputs"][number];

/** Names that a cell's metadata gives it, such as Jupyter's `raises-exception`. */
export function tagsOf({ metadata }: Cell): readonly unknown[] {
  return Array.isArray(metadata.tags) ? metadata.tags : [];
}

/** Whether a run of the notebook runs the cell: not where it is empty, or tagged `skip-execution` as Jupyter knows it. */
export function isToRun(cell: Cell): cell is CodeCell {
  return cell.cell_type === "code" && cell.source.trim() !== "" && !tagsOf(cell).includes("skip-execution");
}

/** @throws InputError in one line if the text is no notebook of nbformat 4 */
export function parseNotebook(text: string, name: string): Notebook {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new InputError(`"${name}" is no notebook: it is not JSON: ${(error as Error).message}`);
  }
  const parsed = notebook.safeParse(content);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(
    `"${name}" is no notebook of nbformat 4: ${path.join(".") || "the whole"}: ${message}`,
  );
}

/** @throws InputError if there is no such file, or it is no notebook */
export async function readNotebook(path: string): Promise<Notebook> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      error.code === "ENOENT"
        ? `there is no notebook "${path}"; check the path`
        : error.code === "EISDIR"
          ? `"${path}" is a folder; name an .ipynb file in it`
          : `"${path}" cannot be read: ${error.code}`,
    );
  });
  return parseNotebook(text, path);
}

/** The notebook as Jupyter writes it: nbformat 4.5, keys sorted, texts as lists of lines, indented by one space. */
export function formatNotebook(notebook: Notebook): string {
  const written = {
    ...notebook,
    nbformat_minor: Math.max(5, notebook.nbformat_minor),
    cells: notebook.cells.map((cell) => ({
      ...cell,
      source: toLines(cell.source),
      ...(cell.cell_type === "code" ? { outputs: cell.outputs.map(formatOutput) } : {}),
    })),
  };
  return `${JSON.stringify(sortKeys(written), null, 1)}\n`;
}

function formatOutput(output: Output): unknown {
  switch (output.output_type) {
    case "stream":
      return { ...output, text: toLines(output.text) };
    case "error":
      return output;
    default: {
      const data = Object.entries(output.data).map(([type, value]) => [
        type,
        isText(type) && typeof value === "string" ? toLines(value) : value,
      ]);
      return { ...output, data: Object.fromEntries(data) as unknown };
    }
  }
}

const toLines = (text: string) => (text === "" ? [] : text.split(/(?<=\n)/));

const isText = (type: string) => type.startsWith("text/") || type === "image/svg+xml";
const isJson = (type: string) => /^application\/(.+\+)?json$/.test(type);

function joinLines(type: string, value: unknown): unknown {
  return Array.isArray(value) && !isJson(type) ? value.join("") : value;
}

function withOwnIds<T extends { readonly id: string }>(cells: readonly T[]): T[] {
  const taken = new Set<string>();
  return cells.map((cell, index) => {
    let { id } = cell;
    if (!/^[\w-]{1,64}$/.test(id) || taken.has(id)) id = `cell-${index}`;
    while (taken.has(id)) id += "-";
    taken.add(id);
    return { ...cell, id };
  });
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, entry]) => [key, sortKeys(entry)]));
}
