import { dirname } from "node:path";
import { InputError } from "../he-ml/errors.js";
import { formatShape, sizeOf, tensor, type Shape } from "../he-ml/tensor/tensor.js";
import { readTable } from "../train/node/read-table.js";
import { columnOf, numberAt, type Table } from "../train/table.js";
import { standardisedFeatures, tableNotesIn, type TableNotes } from "../train/table-notes.js";
import type { ImagesSource } from "./images-source.js";

export interface CsvOptions {
  /** The column with what each row is; the one that the model learned from if left out. */
  readonly label?: string;
  /** The model's file, where there is one: what its features are called, and how they are standardised, may lie beside it. */
  readonly modelPath?: string;
  readonly modelShape: Shape;
  readonly classNames?: readonly string[];
}

/**
 * Images from a CSV file, one a line: for a model that learned from a table, its features by their names, standardised as
 * they were then; for any other, all columns but the label's, in their order.
 *
 * @throws InputError if the file cannot be read, a value is no number, or there are not as many as the model takes
 */
export async function csvImages(path: string, options: CsvOptions): Promise<ImagesSource> {
  const { modelPath, modelShape, classNames } = options;
  const table = await readTable("--input", path);
  const notes = modelPath === undefined ? undefined : await tableNotesIn(dirname(modelPath));
  const label = options.label ?? (notes && table.names?.includes(notes.label) ? notes.label : undefined);
  const at = label === undefined ? undefined : columnOf(table, label);
  const rows = notes ? standardisedFeatures(named(table, notes), notes) : allColumns(table, modelShape, at);
  return {
    images: tensor([rows.length, ...modelShape], rows.flat()),
    labels: table.rows.map((row) => (at === undefined ? null : classOf(row[at], classNames))),
    names: rows.map((_, row) => String(row)),
  };
}

/** A table without names, with those of the features if it has as many columns. */
function named(table: Table, { features }: TableNotes): Table {
  if (table.names || table.rows[0].length !== features.length) return table;
  return { ...table, names: features.map(({ name }) => name) };
}

function allColumns(table: Table, modelShape: Shape, label?: number): number[][] {
  const columns = table.rows[0].map((_, column) => column).filter((column) => column !== label);
  if (columns.length !== sizeOf(modelShape)) {
    throw new InputError(
      `${table.what}: a row has ${columns.length} values, the model takes ${formatShape(modelShape)} ` +
        `(${sizeOf(modelShape)} values); take columns away, and name the one of labels with --label`,
    );
  }
  return table.rows.map((_, row) => columns.map((column) => numberAt(table, row, column)));
}

/** The position of a class that a row says by its name, or else by its number. */
function classOf(text: string, classNames?: readonly string[]): number | null {
  const named = classNames?.indexOf(text) ?? -1;
  if (named >= 0) return named;
  return classNames === undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
