import { printable, type Grid } from "./grid.js";

// Styles stand in the elements, because viewers drop <style>. Colours are the page's own, and lines half-transparent,
// so that light and dark themes both read.
const styles = {
  frame: "overflow-x:auto",
  table: "border-collapse:collapse;width:auto;margin:0.3em 0;font-variant-numeric:tabular-nums",
  caption: "caption-side:top;text-align:left;font-weight:bold;color:inherit;padding:0.2em 0",
  cell: "padding:0.2em 1em 0.2em 0;border-bottom:1px solid rgba(128,128,128,0.4);vertical-align:top",
} as const;

// Names may hold dollar signs, between which notebooks set formulas.
const noFormulas = "mathjax_ignore tex2jax_ignore";

/** Up to this many characters a cell stays on one line: a number and its unit, "3 → 2". */
const shortest = 12;

/** Names of fused stages, "conv1+square1", may be broken behind each plus. */
const breakable = (html: string) => html.replaceAll("+", "+<wbr>");

/** A grid as one HTML table: no script, nothing from elsewhere, every text escaped. */
export function htmlTable({ caption, head, rows, rightAligned = [] }: Grid): string {
  const align = (column: number) =>
    `${styles.cell};text-align:${rightAligned.includes(column) ? "right" : "left"}`;
  const breaking = (text: string, column: number) =>
    rightAligned.includes(column) || text.length <= shortest ? ";white-space:nowrap" : "";
  const row = (cells: readonly string[]) =>
    cells
      .map((text, column) =>
        column === 0
          ? `<th scope="row" style="${align(0)};font-weight:normal">${breakable(escapeHtml(text))}</th>`
          : `<td style="${align(column)}${breaking(text, column)}">${escapeHtml(text)}</td>`,
      )
      .join("");
  const heading = head
    ?.map((text, column) => `<th scope="col" style="${align(column)}">${escapeHtml(text)}</th>`)
    .join("");
  return [
    `<div class="${noFormulas}" style="${styles.frame}"><table style="${styles.table}">`,
    caption && `<caption style="${styles.caption}">${escapeHtml(caption)}</caption>`,
    heading && `<thead><tr>${heading}</tr></thead>`,
    `<tbody>`,
    ...rows.map((cells) => `<tr>${row(cells)}</tr>`),
    `</tbody></table></div>`,
  ]
    .filter(Boolean)
    .join("\n");
}

function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
