import { crc32 } from "node:zlib";
import type { Figure } from "./figure.js";
import { rasterise } from "./rasterise.js";
import { renderSvg } from "./render.js";

/**
 * How wide figures are drawn and printed. Drawn larger than they are printed, so that the theme's smallest letters, of 13
 * pixels, come out at 7.5 and 8 points (a point is 1/72 inch, a pixel of CSS 1/96), and its lines thinner in the same way.
 */
export const printSizes = {
  /** One of two columns. */
  column: { millimetres: 85, pixels: 420 },
  /** The width of the page. */
  full: { millimetres: 175, pixels: 800 },
} as const;

const millimetresInAnInch = 25.4;
const dotsPerInch = 300;

/** A figure as SVG, in pixels, to be made a file of for print. */
export function drawForPrint(figure: Figure, width: keyof typeof printSizes): Promise<string> {
  return renderSvg(figure, { width: printSizes[width].pixels });
}

/** PNG of 300 dots an inch, which says so. */
export async function printPng(svg: string, width: keyof typeof printSizes): Promise<Uint8Array> {
  const { millimetres, pixels } = printSizes[width];
  const dots = Math.round((millimetres / millimetresInAnInch) * dotsPerInch);
  return withResolution(await rasterise(svg, dots / pixels));
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
