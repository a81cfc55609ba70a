import { CsvError, parse } from "#csv-parse";
import { InputError } from "../he-ml/errors.js";

/** A CSV file as text: nothing of it is a number yet. */
export interface Table {
  /** How messages call it. */
  readonly what: string;
  /** Of the columns; undefined where the first row holds numbers only. */
  readonly names?: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Of one row, in characters. */
const longestRow = 2 ** 24;

/**
 * Reads a CSV file's text (RFC 4180): a line of names, where the first is not of numbers alone, then a row a line. Values are
 * parted by commas, or by semicolons or tabs where the first line has no comma.
 *
 * @param file how messages call it
 * @throws InputError if it has no rows, its rows are not equally long, or two columns share a name
 */
export function parseTable(file: string, text: string): Table {
  const all = parseText(file, text);
  if (all.length === 0) throw new InputError(`${file}: it has no rows`);
  const hasNames = !all[0].every(isNumber);
  const [names, rows] = hasNames ? [all[0], all.slice(1)] : [undefined, all];
  const twice = names?.find((name, column) => names.indexOf(name) !== column);
  if (twice !== undefined) throw new InputError(`${file}: two columns are named "${twice}"; rename one`);
  if (rows.length === 0) throw new InputError(`${file}: it has a line of names, and no rows below it`);
  return { what: file, names, rows };
}

function parseText(file: string, text: string): string[][] {
  const [first] = text.split(/\r?\n/, 1);
  const delimiter = [",", ";", "\t"].find((candidate) => first.includes(candidate)) ?? ",";
  try {
    return parse(text, {
      bom: true,
      trim: true,
      delimiter,
      skip_empty_lines: true,
      max_record_size: longestRow,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputError(`${file}: it cannot be read as CSV: ${error.message}`);
  }
}

const isNumber = (text: string) => text !== "" && Number.isFinite(Number(text));

/** The position of a column. @throws InputError if there is none of this name */
export function columnOf({ what, names }: Table, name: string): number {
  const found = names?.indexOf(name) ?? -1;
  if (found >= 0) return found;
  throw new InputError(
    names
      ? `${what}: there is no column "${name}"; its columns are ${names.join(", ")}`
      : `${what}: its first line names no columns, so there is none called "${name}"; add a line of names`,
  );
}

/** A value as a number. @throws InputError naming its place if it is none */
export function numberAt({ what, names, rows }: Table, row: number, column: number): number {
  const text = rows[row][column];
  if (isNumber(text)) return Number(text);
  throw new InputError(
    `${what}: row ${row + 1}, column ${names ? `"${names[column]}"` : column + 1}: expected a number, ` +
      `got ${JSON.stringify(text)}`,
  );
}
