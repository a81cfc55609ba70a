import { stringify } from "csv-stringify/sync";
import { InputError } from "../he-ml/errors.js";
import type { FigureTable } from "./research-figure.js";

/**
 * A table as RFC 4180 has it, with lines that end in a line feed; null is an empty field.
 *
 * @throws InputError if a row has not one value for each column, or a number is not finite
 * @example csv({ columns: ["layer", "evaluate_ms"], rows: [["conv1", 80.5]] }) // "layer,evaluate_ms\nconv1,80.5\n"
 */
export function csv({ columns, rows }: FigureTable): string {
  rows.forEach((row, i) => {
    const isRight =
      row.length === columns.length &&
      row.every((value) => typeof value !== "number" || Number.isFinite(value));
    if (isRight) return;
    throw new InputError(
      `figures: row ${i} of the table: expected ${columns.length} texts, finite numbers or nulls, got [${row.join(", ")}]`,
    );
  });
  return stringify([columns, ...rows]);
}
