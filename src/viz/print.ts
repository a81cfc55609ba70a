import { crc32 } from "node:zlib";
import type { Figure } from "./figure.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import { printPdf } from "./print-pdf.js";
import { printSvg } from "./print-svg.js";
import { rasterise } from "./rasterise.js";
import { renderSvg } from "./render.js";

/**
 * How wide figures are drawn and printed. Drawn larger than they are printed, so that the theme's letters of 13 pixels come out
 * at 8 points, exponents at 7 (a point is 1/72 inch, a pixel of CSS 1/96), and its lines thinner in the same way.
 */
export const printSizes = {
  /** One of two columns. */
  column: { millimetres: 85, pixels: 390 },
  /** The width of the page. */
  full: { millimetres: 175, pixels: 800 },
} as const;

export type PrintWidth = keyof typeof printSizes;

const millimetresInAnInch = 25.4;
const pointsInAnInch = 72;
const dotsPerInch = 300;
/** No letter is smaller on paper. */
const leastPoints = 7;

/** A figure as files for print. */
export interface PrintedFigure {
  /** With its fonts; in dark surroundings on a screen it takes dark colours. */
  readonly svg: string;
  /** 300 dots an inch. */
  readonly png: Uint8Array;
  /** The same for the width of a telephone, where the drawing is wider. */
  readonly narrowSvg?: string;
  /** With its fonts. */
  readonly pdf: Uint8Array;
}

/**
 * Draws a figure for print, without a browser. The same figure always gives the same files.
 *
 * @param title what the PDF says that it shows
 * @throws InputError if the packages that draw are not installed; it says which.
 */
export async function printFigure(figure: Figure, width: PrintWidth, title: string): Promise<PrintedFigure> {
  requirePackages("print");
  const { millimetres, pixels } = printSizes[width];
  const svg = await drawn(figure, width);
  const dots = Math.round((millimetres / millimetresInAnInch) * dotsPerInch);
  const { column } = printSizes;
  const narrow = width === "column" ? undefined : await drawn(figure, "column");
  return {
    svg: await printSvg(svg, millimetres),
    narrowSvg: narrow && (await printSvg(narrow, column.millimetres)),
    png: withResolution(await rasterise(svg, dots / pixels)),
    pdf: await printPdf(svg, millimetres, title),
  };
}

/** The figure in pixels. Plotly writes the digits between powers of ten smaller, too small for paper: they get the least size. */
async function drawn(figure: Figure, width: PrintWidth): Promise<string> {
  const { millimetres, pixels } = printSizes[width];
  const least = ((leastPoints / pointsInAnInch) * millimetresInAnInch * pixels) / millimetres;
  const svg = await renderSvg(figure, { width: pixels });
  return svg.replaceAll(/font-size: ([\d.]+)px/g, (whole, size: string) =>
    Number(size) < least ? `font-size: ${least.toFixed(2)}px` : whole,
  );
}

/** Puts a chunk pHYs behind the header: https://www.w3.org/TR/png-3/#11pHYs */
function withResolution(png: Uint8Array): Uint8Array {
  const header = 8 + 25;
  const dotsPerMetre = Math.round((1000 * dotsPerInch) / millimetresInAnInch);
  const chunk = Buffer.alloc(21);
  chunk.writeUInt32BE(9);
  chunk.write("pHYs", 4, "latin1");
  chunk.writeUInt32BE(dotsPerMetre, 8);
  chunk.writeUInt32BE(dotsPerMetre, 12);
  chunk.writeUInt8(1, 16);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  return Buffer.concat([png.subarray(0, header), chunk, png.subarray(header)]);
}
