import type { Figure } from "./figure.js";

/** Kinds of traces of plotly that its edition for axes in a plane lacks, which knows all others. */
export const kindsBeyondThePlane: ReadonlySet<string> = new Set(
  (
    "barpolar candlestick carpet choropleth choroplethmap cone contourcarpet densitymap funnel funnelarea icicle indicator " +
    "isosurface mesh3d ohlc parcats parcoords quiver sankey scatter3d scattercarpet scattergeo scattergl scattermap " +
    "scatterpolar scatterpolargl scattersmith splom streamtube sunburst surface table treemap volume waterfall"
  ).split(" "),
);

/**
 * Whether plotly's edition for axes in a plane draws a figure as all of plotly does. In doubt it is said not to: a button may
 * change a trace's kind, so a kind's name is looked for in every text of the figure; and only all of plotly knows calendars.
 */
export function isInPlane(figure: Figure): boolean {
  let found = false;
  const { layout, ...rest } = figure;
  // A template may be ready for kinds of traces that the figure has none of.
  const template = { ...layout.template, data: undefined };
  JSON.stringify({ ...rest, layout: { ...layout, template } }, (key, value: unknown) => {
    found ||= key.endsWith("calendar") || (typeof value === "string" && kindsBeyondThePlane.has(value));
    return value;
  });
  return !found;
}
