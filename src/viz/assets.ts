import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const { resolve } = createRequire(import.meta.url);

/** The fonts that figures are measured and drawn with: DejaVu, from npm, so that every machine draws the same. */
export const fontFiles = {
  regular: resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"),
  bold: resolve("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf"),
} as const;

/** All of plotly as one classic script, 5 MB. */
export function readPlotlySource(): Promise<string> {
  return readFile(resolve("plotly.js-dist-min/plotly.min.js"), "utf8");
}
