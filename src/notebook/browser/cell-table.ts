/** `console.table` as Node writes it (https://nodejs.org/api/console.html#consoletabletabulardata-properties). */
import { inspect } from "#inspect";
import { textTable } from "../display/text-table.js";

/** Whether a value is shown as a table. */
export const isTabular = (value: unknown): value is object => typeof value === "object" && value !== null;

/** @param properties the columns; without them, all that any row has */
export function tableText(data: object, properties?: readonly string[]): string {
  if (data instanceof Map)
    return indexed(
      ["Key", "Values"],
      [...data].map(([key, value]) => [brief(key), brief(value)]),
    );
  if (data instanceof Set)
    return indexed(
      ["Values"],
      [...data].map((value) => [brief(value)]),
    );
  const rows = Object.entries(data) as [string, unknown][];
  const columns = properties ?? [
    ...new Set(rows.flatMap(([, row]) => (isTabular(row) ? Object.keys(row) : []))),
  ];
  const hasValues = rows.some(([, row]) => !isTabular(row));
  const cells = rows.map(([index, row]) => [
    index,
    ...columns.map((column) =>
      isTabular(row) && Object.hasOwn(row, column) ? brief((row as Record<string, unknown>)[column]) : "",
    ),
    ...(hasValues ? [isTabular(row) ? "" : brief(row)] : []),
  ]);
  return textTable({
    caption: "",
    head: ["(index)", ...columns, ...(hasValues ? ["Values"] : [])],
    rows: cells,
  });
}

const indexed = (head: readonly string[], rows: readonly string[][]): string =>
  textTable({
    caption: "",
    head: ["(iteration index)", ...head],
    rows: rows.map((cells, index) => [String(index), ...cells]),
  });

/** A value in a cell: of an object with many entries, its kind alone. */
function brief(value: unknown): string {
  const isLarge = isTabular(value) && !Array.isArray(value) && Object.keys(value).length > 2;
  return inspect(value, { depth: isLarge ? -1 : 0, maxArrayLength: 3, breakLength: Infinity });
}
