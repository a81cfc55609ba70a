import { basename, extname } from "node:path";
import { InputError } from "../he-ml/errors.js";
import { readTable } from "./node/read-table.js";
import type { LabelledRows } from "./standardised.js";
import { columnOf, numberAt } from "./table.js";

/** A CSV file to learn from. */
export interface OwnTable {
  readonly file: string;
  /** The column with what each row is; all others are features, and numbers. */
  readonly label: string;
}

/** Labels are kept in bytes. */
const mostClasses = 256;
const fewestRows = 10;

/**
 * Reads a table of one's own: the labels' texts are the classes.
 *
 * @throws InputError if the file cannot be read, a feature is no number, or there are fewer than 10 rows, fewer than 2
 *   classes or more than 256
 * @example await readOwnTable({ file: "flowers.csv", label: "species" })
 */
export async function readOwnTable({ file, label }: OwnTable): Promise<LabelledRows> {
  const table = await readTable("train --data", file);
  const at = columnOf(table, label);
  const columns = table.names!.map((_, column) => column).filter((column) => column !== at);
  if (columns.length === 0) throw new InputError(`${table.what}: it has no column besides "${label}"`);
  const texts = table.rows.map((row) => row[at]);
  const without = texts.indexOf("");
  if (without >= 0) throw new InputError(`${table.what}: row ${without + 1} has no "${label}"; fill it in`);
  const classNames = classesOf(texts);
  if (texts.length < fewestRows || classNames.length < 2 || classNames.length > mostClasses) {
    throw new InputError(
      `${table.what}: expected at least ${fewestRows} rows of 2 to ${mostClasses} classes, got ${texts.length} rows of ` +
        `${classNames.length} in column "${label}"; name the column that says what each row is`,
    );
  }
  return {
    name: basename(file, extname(file)),
    features: columns.map((column) => table.names![column]),
    classNames,
    rows: table.rows.map((_, row) => columns.map((column) => numberAt(table, row, column))),
    labels: texts.map((text) => classNames.indexOf(text)),
  };
}

/** All that occur: numbers by size, anything else by letters. */
function classesOf(texts: readonly string[]): string[] {
  const classes = [...new Set(texts)];
  const areNumbers = classes.every((text) => text !== "" && Number.isFinite(Number(text)));
  return areNumbers ? classes.sort((a, b) => Number(a) - Number(b)) : classes.sort();
}
