import { isList, isObject, requireArgument, requireList, requireOptions } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import type { Figure } from "./figure.js";
import { escapeHtml } from "./html.js";
import { plotElement, plotScripts } from "./interactive-plot.js";
import { renderSvg } from "./render.js";
import { reportStyle } from "./report-style.js";
import { selfContainedPage } from "./self-contained-page.js";

export interface ReportTable {
  readonly caption: string;
  readonly columns: readonly string[];
  /** Numbers are written with six significant digits; write them as text to decide otherwise. */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

export interface ReportFigure {
  readonly caption: string;
  readonly figure: Figure;
}

export interface Report {
  readonly title: string;
  /** Plain text; an empty line starts a new paragraph. */
  readonly intro?: string;
  readonly tables: readonly ReportTable[];
  readonly figures: readonly ReportFigure[];
}

/**
 * Writes a report as one HTML file that opens without a network: tables, and figures that can be zoomed and
 * pointed at, or that stand as pictures where scripts are off. Every text given is shown as text, never as HTML.
 *
 * @throws InputError if a row has not one cell for each column.
 * @example
 * const figures = [{ caption: "Error after each layer", figure: errorPerLayer(traces) }];
 * await writeFile("report.html", await renderReport({ title: "mnist-small", tables: [], figures }));
 */
export async function renderReport(report: Report): Promise<string> {
  const { title, intro = "", tables, figures } = requireOptions("renderReport", report);
  requireArgument("renderReport", typeof title === "string", "a title", title);
  requireList("renderReport", tables, "a list of tables, as { caption, columns, rows }", isTable);
  requireList("renderReport", figures, "a list of figures, as { caption, figure }");
  const pictures: string[] = [];
  for (const { figure } of figures) pictures.push(await renderSvg(figure));
  const paragraphs = intro.split(/\n\s*\n/).filter((text) => text.trim() !== "");
  const content = [
    `<h1>${escapeHtml(title)}</h1>`,
    ...paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`),
    ...tables.map(tableHtml),
    ...figures.map((figure, index) => figureHtml(figure, pictures[index])),
  ];
  return selfContainedPage({
    title,
    style: reportStyle,
    body: `<main>\n${content.join("\n")}\n</main>`,
    ...(await plotScripts(figures.map(({ figure }) => figure))),
  });
}

const isTable = (table: unknown) =>
  isObject(table) && "columns" in table && isList(table.columns) && "rows" in table && isList(table.rows);

function tableHtml({ caption, columns, rows }: ReportTable): string {
  const bad = rows.findIndex((row) => row.length !== columns.length);
  if (bad >= 0) {
    throw new InputError(
      `renderReport: table "${caption}": expected ${columns.length} cells in each row, ` +
        `got ${rows[bad].length} in row ${bad}`,
    );
  }
  const isNumeric = columns.map((_, column) => rows.some((row) => typeof row[column] === "number"));
  const cell = (tag: string, text: string, column: number): string =>
    `<${tag}${isNumeric[column] ? ' class="number"' : ""}>${escapeHtml(text)}</${tag.split(" ")[0]}>`;
  const head = columns.map((name, column) => cell('th scope="col"', name, column)).join("");
  const body = rows.map((row) => {
    const cells = row.map((value, column) =>
      cell(column === 0 ? 'th scope="row"' : "td", cellText(value), column),
    );
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<div class="table" role="region" tabindex="0" aria-label="${escapeHtml(caption)}">
<table>
<caption>${escapeHtml(caption)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table>
</div>`;
}

function cellText(value: string | number | null): string {
  if (value === null) return "–";
  if (typeof value === "string" || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(6)));
}

function figureHtml({ caption, figure }: ReportFigure, svg: string): string {
  // As an image of its own, because the ids inside two pictures on one page would be mixed up.
  const picture = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  return `<figure>
${plotElement(figure, caption)}
<noscript><img alt="${escapeHtml(caption)}" src="${picture}"></noscript>
<figcaption>${escapeHtml(caption)}</figcaption>
</figure>`;
}
