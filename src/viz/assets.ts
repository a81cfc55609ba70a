import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { requirePackages } from "../he-ml/node/optional-packages.js";

const { resolve } = createRequire(import.meta.url);

/** The fonts that figures are measured and drawn with: DejaVu, from npm, so that every machine draws the same. */
export function fontFiles(): { readonly regular: string; readonly bold: string } {
  return {
    regular: resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"),
    bold: resolve("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf"),
  };
}

/** All of plotly as one classic script, 5 MB. */
export async function readPlotlySource(): Promise<string> {
  requirePackages("plots");
  return readFile(resolve("plotly.js-dist-min/plotly.min.js"), "utf8");
}
