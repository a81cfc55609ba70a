import { readPlanarPlotlySource, readPlotlySource } from "./assets.js";
import { drawPlots, drawPlotsOnceLoaded, type ScriptBeside } from "./draw-plots.js";
import type { Figure } from "./figure.js";
import { escapeHtml, scriptJson } from "./html.js";
import { isInPlane } from "./in-plane.js";
import type { PageParts } from "./self-contained-page.js";

const defaultHeight = 450;

/** The place of a figure in a page: an element with the figure's JSON, which `plotScripts` draw as wide as it is. */
export function plotElement(figure: Figure, label: string): string {
  const { height, ...rest } = figure.layout;
  const layout = { ...rest, width: undefined };
  const pixels = Number.isFinite(height) && Number(height) > 0 ? Number(height) : defaultHeight;
  // Axes in a fixed proportion would leave an empty space under them on a narrow screen.
  const size = layout.yaxis?.scaleanchor ? `aspect-ratio: 700 / ${pixels}` : `height: ${pixels}px`;
  return `<div class="plot" role="group" aria-label="${escapeHtml(label)}" style="${size}">
<script type="application/json">${scriptJson({ ...figure, layout })}</script>
</div>`;
}

/**
 * What draws a page's figures, for its end: plotly and then a short script; none without a figure. Plotly's edition for axes in
 * a plane, 1.5 MB, where it draws all of them, and otherwise all of plotly, 5 MB.
 *
 * @param beside that edition as a file beside the page, to be loaded instead of being in the page; all of plotly never is
 */
export async function plotScripts(
  figures: readonly Figure[],
  beside?: ScriptBeside,
): Promise<Pick<PageParts, "scripts" | "scriptsLoadOthers">> {
  if (figures.length === 0) return { scripts: [] };
  if (!figures.every(isInPlane)) return { scripts: [await readPlotlySource(), drawPlots] };
  if (beside !== undefined) return { scripts: [drawPlotsOnceLoaded(beside)], scriptsLoadOthers: true };
  return { scripts: [await readPlanarPlotlySource(), drawPlots] };
}
