import { plotScripts } from "../../viz/interactive-plot.js";
import { selfContainedPage } from "../../viz/self-contained-page.js";
import type { ScriptBeside } from "../../viz/draw-plots.js";
import type { Figure } from "../../viz/figure.js";
import { escapeHtml } from "../../viz/html.js";
import type { Notebook } from "../runner/notebook-file.js";
import { cellHtml } from "./cells.js";
import { figureType, asFigure } from "./figure.js";
import { codeStyle } from "./code-style.js";
import { openContentsOnWideScreens } from "./contents-script.js";
import { formulaStyle } from "./formulas.js";
import { Headings } from "./headings.js";
import type { LeadLink } from "./links.js";
import { pageStyle, styleWithoutScripts } from "./page-style.js";

export interface RenderNotebookOptions {
  /** Of the page; the notebook's first heading unless told. */
  readonly title?: string;
  /** HTML that is ready to be written above the cells, such as links to other pages; class "bar" sets them in a row. */
  readonly bar?: string;
  /** Where links of the text lead; as they are written unless told. */
  readonly leadLink?: LeadLink;
  /** Pictures that the text names by an address, as data URIs by these addresses. */
  readonly pictures?: ReadonlyMap<string, string>;
  /** Plotly's edition for axes in a plane as a file beside the page, which then is not in the page. */
  readonly plotly?: ScriptBeside;
}

/**
 * Writes a notebook as one HTML file that opens without a network, unless `plotly` lies beside it: formulas set, code highlighted, figures that can
 * be pointed at. Nothing that the notebook holds is executed, except that plotly draws the figures from their JSON.
 * The same notebook always gives the same text.
 *
 * @example await writeFile("lesson.html", await renderNotebook(await readNotebook("lesson.ipynb")))
 */
export async function renderNotebook(
  notebook: Notebook,
  options: RenderNotebookOptions = {},
): Promise<string> {
  const headings = new Headings();
  const { leadLink, pictures } = options;
  const context = { language: languageOf(notebook), headings, leadLink, pictures };
  const cells = notebook.cells.map((cell) => cellHtml(cell, context)).filter((html) => html !== "");
  const title = options.title ?? headings.title ?? "Notebook";
  const topHeading = headings.hasTopHeading ? [] : [`<h1>${escapeHtml(title)}</h1>`];
  const bar = options.bar === undefined ? [] : [options.bar];
  const contents = headings.contentsHtml();
  const body = `<a class="skip" href="#content">Skip to the content</a>
${contents}
<main id="content">
${[...bar, ...topHeading, ...cells].join("\n")}
</main>`;
  const drawing = await plotScripts(figuresIn(notebook), options.plotly);
  return selfContainedPage({
    title,
    style: [pageStyle, codeStyle, await formulaStyle(body)].join("\n"),
    head: `<noscript><style>${styleWithoutScripts}</style></noscript>`,
    body,
    ...drawing,
    scripts: [...(contents === "" ? [] : [openContentsOnWideScreens]), ...drawing.scripts],
  });
}

function figuresIn({ cells }: Notebook): Figure[] {
  return cells
    .flatMap((cell) => (cell.cell_type === "code" ? cell.outputs : []))
    .flatMap((output) =>
      output.output_type === "display_data" || output.output_type === "execute_result"
        ? (asFigure(output.data[figureType]) ?? [])
        : [],
    );
}

function languageOf({ metadata }: Notebook): string {
  const { kernelspec, language_info: info } = metadata as Record<string, Record<string, unknown> | undefined>;
  const named = info?.name ?? kernelspec?.language;
  return typeof named === "string" ? named.toLowerCase() : "typescript";
}
