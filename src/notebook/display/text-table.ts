import Table from "cli-table3";
import { printable, type Grid } from "./grid.js";

/** A grid as plain text, in box-drawing characters without colours. */
export function textTable({ caption, head = [], rows, rightAligned = [] }: Grid): string {
  const columns = Math.max(head.length, ...rows.map((cells) => cells.length));
  const table = new Table({
    head: head.map(printable),
    colAligns: Array.from({ length: columns }, (_, column) =>
      rightAligned.includes(column) ? "right" : "left",
    ),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((cells) => cells.map(printable)));
  const lines = columns === 0 ? [] : [table.toString()];
  return (caption ? [printable(caption), ...lines] : lines).join("\n");
}
