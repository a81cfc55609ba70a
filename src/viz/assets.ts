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

/** Plotly's edition for axes in a plane as one classic script, 1.5 MB. */
export async function readPlanarPlotlySource(): Promise<string> {
  requirePackages("plots");
  return readFile(resolve("plotly.js-cartesian-dist-min/plotly-cartesian.min.js"), "utf8");
}

/** jsPDF, and svg2pdf.js, which needs it, as classic scripts. */
export async function readPdfSources(): Promise<string[]> {
  requirePackages("print");
  const files = ["jspdf/dist/jspdf.umd.min.js", "svg2pdf.js/dist/svg2pdf.umd.min.js"];
  return Promise.all(files.map((file) => readFile(resolve(file), "utf8")));
}
