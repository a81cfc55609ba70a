import type { Figure } from "../../viz/figure.js";
import { escapeHtml } from "../../viz/html.js";
import { plotElement } from "../../viz/interactive-plot.js";

/** A figure that can be pointed at, with its picture, or else a text, for where it cannot be drawn. */
export function figureHtml(figure: Figure, picture: string | undefined, fallbackText: string): string {
  const label = escapeHtml(figureTitle(figure));
  const fallback =
    picture === undefined
      ? `<pre class="picture">${escapeHtml(fallbackText)}</pre>`
      : `<img class="picture" alt="${label}" src="${picture}">`;
  return `<figure class="interactive${picture === undefined ? "" : " has-picture"}">
${plotElement(figure, figureTitle(figure))}
${fallback}
</figure>`;
}

/** The media type of plotly's figures. */
export const figureType = "application/vnd.plotly.v1+json";

/** Plotly's JSON from an output, when it has the form of a figure. */
export function asFigure(content: unknown): Figure | undefined {
  if (!isObject(content) || !Array.isArray(content.data)) return undefined;
  const { data, layout, config, frames } = content;
  const figure = {
    data,
    layout: isObject(layout) ? layout : {},
    ...(isObject(config) ? { config } : {}),
    ...(Array.isArray(frames) ? { frames } : {}),
  };
  // More than its form cannot be checked here; what plotly cannot draw, its picture stands for.
  return figure as Figure;
}

/** The figure's title without plotly's markup. */
function figureTitle({ layout }: Figure): string {
  const title: unknown = layout.title;
  const text = isObject(title) ? title.text : title;
  if (typeof text !== "string") return "Figure";
  const plain = text.replaceAll(/<br\s*\/?>/gi, ", ").replaceAll(/<[^>]*>/g, "");
  return plain.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&").trim() || "Figure";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
