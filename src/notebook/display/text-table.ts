import stringWidth from "string-width";
import { printable, type Grid } from "./grid.js";

/** A grid as plain text, in box-drawing characters without colours. */
export function textTable({ caption, head = [], rows, rightAligned = [] }: Grid): string {
  const drawn = (head.length > 0 ? [head, ...rows] : rows).map((cells) => cells.map(printable));
  const widths = (drawn[0] ?? []).map((_, column) =>
    Math.max(...drawn.map((cells) => stringWidth(cells[column]))),
  );
  const rule = (left: string, between: string, right: string) =>
    `${left}${widths.map((width) => "─".repeat(width + 2)).join(between)}${right}`;
  const line = (cells: readonly string[]) =>
    `│${widths.map((width, column) => ` ${padded(cells[column], width, rightAligned.includes(column))} `).join("│")}│`;
  const lines = drawn.map(line);
  if (head.length > 0 && rows.length > 0) lines.splice(1, 0, rule("├", "┼", "┤"));
  const table = widths.length === 0 ? [] : [rule("┌", "┬", "┐"), ...lines, rule("└", "┴", "┘")];
  return (caption ? [printable(caption), ...table] : table).join("\n");
}

function padded(text: string, width: number, isRightAligned: boolean): string {
  const spaces = " ".repeat(width - stringWidth(text));
  return isRightAligned ? spaces + text : text + spaces;
}
