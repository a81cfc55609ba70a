import { inspect } from "#inspect";
import { requireOptions } from "../../he-ml/arguments.js";
import { InputError } from "../../he-ml/errors.js";
import { recordsGrid, type Column } from "./grid.js";
import { jupyterDisplay, type Displayable, type MimeBundle } from "./mime.js";
import { formatNumber } from "./numbers.js";
import { textTable } from "./text-table.js";
import { gridBundle } from "./to-mime-bundle.js";

export interface TableOptions {
  /** The fields to show, in order; or each with the heading it gets. Unless told, every field of any row. */
  readonly columns?: readonly string[] | Readonly<Record<string, string>>;
  /** A line above the table. */
  readonly caption?: string;
}

/** A table that displays itself at the end of a cell, by `show`, and as text where it is printed. */
export interface NotebookTable extends Displayable {
  [jupyterDisplay](): MimeBundle;
  /** The table in plain text. */
  toString(): string;
}

/**
 * Records as a small table, one a row. Numbers have three or four significant digits.
 *
 * @throws InputError unless `rows` is a list of objects
 * @example table([{ packing: "batch", bytes: 393_216 }], { columns: { packing: "packing", bytes: "size (B)" } })
 */
export function table(rows: readonly object[], options: TableOptions = {}): NotebookTable {
  requireRecords(rows);
  const { columns, caption = "" } = requireOptions("table", options);
  const records = rows as readonly Readonly<Record<string, unknown>>[];
  const grid = recordsGrid(caption, headings(records, columns).map(columnOf(records)), records);
  return {
    [jupyterDisplay]: () => gridBundle(grid),
    toString: () => textTable(grid),
    ...{ [inspect.custom]: () => textTable(grid) },
  };
}

function requireRecords(rows: unknown): void {
  const isRecord = (row: unknown) => typeof row === "object" && row !== null && !Array.isArray(row);
  if (Array.isArray(rows) && rows.every(isRecord)) return;
  const got = Array.isArray(rows)
    ? `${inspect(
        rows.find((row) => !isRecord(row)),
        { depth: 0 },
      )} at ${rows.findIndex((row) => !isRecord(row))}`
    : inspect(rows, { depth: 0 });
  throw new InputError(
    `table: expected a list of objects, one a row, got ${got}; write table([{ name: "a", value: 1 }])`,
  );
}

function headings(
  records: readonly object[],
  columns: TableOptions["columns"],
): readonly (readonly [field: string, heading: string])[] {
  if (columns && !Array.isArray(columns)) return Object.entries(columns as Readonly<Record<string, string>>);
  const fields = (columns as readonly string[] | undefined) ?? [
    ...new Set(records.flatMap((record) => Object.keys(record))),
  ];
  return fields.map((field) => [field, field]);
}

function columnOf(records: readonly Readonly<Record<string, unknown>>[]) {
  return ([field, head]: readonly [field: string, heading: string]): Column<
    Readonly<Record<string, unknown>>
  > => {
    const values = records
      .map((record) => record[field])
      .filter((value) => value !== undefined && value !== null);
    const rightAligned =
      values.length > 0 && values.every((value) => typeof value === "number" || typeof value === "bigint");
    return { head, rightAligned, cell: (record) => cellText(record[field]) };
  };
}

const elementsShown = 8;

function cellText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "object") return String(value);
  if (isListOfNumbers(value)) {
    const shown = Array.from({ length: Math.min(value.length, elementsShown) }, (_, i) =>
      formatNumber(value[i]),
    );
    return `[${shown.join(", ")}${value.length > elementsShown ? ", …" : ""}]`;
  }
  return inspect(value, { depth: 1, breakLength: Infinity });
}

function isListOfNumbers(value: object): value is ArrayLike<number> {
  if (ArrayBuffer.isView(value))
    return "length" in value && typeof (value as unknown as number[])[0] === "number";
  return Array.isArray(value) && value.every((element) => typeof element === "number");
}
