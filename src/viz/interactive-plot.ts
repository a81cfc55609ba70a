import { readPlotlySource } from "./assets.js";
import { drawPlots } from "./draw-plots.js";
import type { Figure } from "./figure.js";
import { escapeHtml, scriptJson } from "./html.js";

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

/** What draws the plots of a page, for its end: plotly, 5 MB, and then a short script. None without a plot. */
export async function plotScripts(plotCount: number): Promise<string[]> {
  return plotCount === 0 ? [] : [await readPlotlySource(), drawPlots];
}
