import { figurePng } from "#pictures";
import { toBase64 } from "../../he-ml/crypto/base64.js";
import type { Figure } from "../../viz/figure.js";
import type { DisplayMessage } from "./kernel-output.js";
import { isPlainObject } from "./recognise.js";

export interface FigureSize {
  /** Width in CSS pixels; the figure's own, else 700. */
  readonly width?: number;
  /** Height in CSS pixels; the figure's own, else 450. */
  readonly height?: number;
  /** Pixels of the PNG for each CSS pixel; 1 unless told: JupyterLab shows it at its natural size until the mouse comes. */
  readonly scale?: number;
}

/** A plotly figure: `data` is a list of series, `layout` an object. */
export function isFigure(value: unknown): value is Figure {
  return (
    isPlainObject(value) &&
    Array.isArray(value.data) &&
    value.data.every(isPlainObject) &&
    isPlainObject(value.layout)
  );
}

/**
 * A figure in the three forms that together show everywhere: plotly's JSON, interactive in JupyterLab and VS Code;
 * a PNG where no script runs; a line of text. No HTML, which viewers would prefer and code hosts strip of scripts.
 *
 * @throws InputError if a size is not a positive number
 */
export async function figureMessage(figure: Figure, size: FigureSize = {}): Promise<DisplayMessage> {
  const width = Math.round(size.width ?? figure.layout.width ?? 700);
  const height = Math.round(size.height ?? figure.layout.height ?? 450);
  const png = await figurePng(figure, { width, height, scale: size.scale ?? 1 });
  const { data, layout, config, frames } = figure;
  return {
    data: {
      "application/vnd.plotly.v1+json": {
        data,
        layout: { ...layout, ...(size.width && { width }), ...(size.height && { height }) },
        config: { responsive: true, ...config },
        ...(frames && { frames }),
      },
      ...(png && { "image/png": toBase64(png) }),
      "text/plain": figureText(figure),
    },
    metadata: png ? { "image/png": { width, height } } : {},
    transient: {},
  };
}

/** @example figureText(timePerLayer(traces)) // "Figure: Time per layer, 1 image" */
export function figureText({ layout, data }: Figure): string {
  const { title } = layout;
  const markup = typeof title === "string" ? title : title?.text;
  const text = (markup ?? "")
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
  return `Figure: ${text.trim() || `${data.length} series`}`;
}
