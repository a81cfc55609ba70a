import { requireOptions } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import { requireFigure } from "./check.js";
import type { Figure } from "./figure.js";
import type { HeadlessPage } from "./headless-plotly.js";
import { rasterise } from "./rasterise.js";

/** Size in CSS pixels; what is left out is taken from the figure's layout, else 700 × 450. */
export interface RenderSize {
  readonly width?: number;
  readonly height?: number;
}

export interface RenderPngOptions extends RenderSize {
  /** Image pixels for each CSS pixel; 2 unless told, sharp on most screens. */
  readonly scale?: number;
}

/** One page serves the process: loading plotly costs a second, drawing a figure some 50 ms. */
let page: Promise<HeadlessPage> | undefined;

/** Figures are drawn one after the other, because they share the page. */
let lastDrawing: Promise<unknown> = Promise.resolve();

/**
 * Draws a figure as SVG, without a browser. The same figure always gives the same text.
 * Series that plotly draws on a canvas or with WebGL (heatmap, scattergl, 3d) cannot be drawn so.
 *
 * @throws InputError if a size is not a positive number.
 * @throws InputError if the packages that draw are not installed; it says which.
 * @example await writeFile("error.svg", await renderSvg(errorPerLayer(traces), { width: 700, height: 450 }))
 */
export async function renderSvg(figure: Figure, size: RenderSize = {}): Promise<string> {
  const { width, height } = checkedSize(figure, size);
  const drawing = lastDrawing.then(() => draw(figure, width, height));
  lastDrawing = drawing.catch(() => undefined);
  return drawing;
}

/**
 * Draws a figure as PNG, without a browser.
 *
 * @returns The bytes of the file: `width * scale` × `height * scale` pixels.
 * @throws InputError if a size or the scale is not a positive number.
 * @throws InputError as {@link renderSvg}
 */
export async function renderPng(figure: Figure, options: RenderPngOptions = {}): Promise<Uint8Array> {
  const scale = requirePositive("scale", requireOptions("render", options).scale ?? 2);
  return rasterise(await renderSvg(figure, options), scale);
}

function checkedSize(figure: Figure, size: RenderSize): Required<RenderSize> {
  requireFigure("render", figure);
  requireOptions("render", size);
  const { layout } = figure;
  return {
    width: requirePositive("width", size.width ?? layout.width ?? 700),
    height: requirePositive("height", size.height ?? layout.height ?? 450),
  };
}

function requirePositive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new InputError(`render: expected a ${name} above 0, got ${value}`);
}

async function draw({ data, layout, config }: Figure, width: number, height: number): Promise<string> {
  requirePackages("plots");
  page ??= import("./headless-plotly.js").then(({ openHeadlessPage }) => openHeadlessPage());
  const { plotly, resetRandom } = await page;
  resetRandom();
  // A copy, because plotly writes into what it is given.
  const copy = structuredClone({ data: [...data], layout, config });
  const svg = await plotly.toImage(copy, { format: "svg", width, height, imageDataOnly: true });
  // Plotly quotes the references to its patterns, which is allowed; resvg and others know them without quotes only.
  return svg.replaceAll(/url\('(#[\w-]+)'\)/g, "url($1)");
}
