import { readFile } from "node:fs/promises";
import { fontFiles } from "./assets.js";
import { subsetFont } from "./subset-font.js";
import { darkColors } from "./theme.js";

/**
 * A drawing as an SVG file that looks the same everywhere: as wide as it is printed, with the letters that it uses of the fonts,
 * and in dark surroundings with the theme's dark colours, but on paper.
 *
 * @param svg as `renderSvg` gives it
 */
export async function printSvg(svg: string, millimetres: number): Promise<string> {
  const root = /^<svg([^>]*) width="([\d.]+)" height="([\d.]+)"/;
  const style = `<style>${await fontFaces(svg)}${darkRules}</style>`;
  return svg
    .replace(root, (_, before: string, width: string, height: string) => {
      const high = (millimetres * Number(height)) / Number(width);
      return `<svg${before} width="${millimetres}mm" height="${Number(high.toFixed(3))}mm"`;
    })
    .replace(">", () => `>${style}`);
}

async function fontFaces(svg: string): Promise<string> {
  const letters = Array.from(svg.matchAll(/>([^<]+)</g), ([, text]) => text).join("");
  const { regular, bold } = fontFiles();
  const isBold = /font-weight: ?(bold|[6-9]00)/.test(svg);
  const faces = await Promise.all([face(regular, 400, letters), isBold ? face(bold, 700, letters) : ""]);
  return faces.join("");
}

async function face(file: string, weight: number, letters: string): Promise<string> {
  // What stands as an entity, such as &lt;.
  const font = await subsetFont(await readFile(file), `${letters}<>&"'`, { targetFormat: "woff2" });
  const source = `url(data:font/woff2;base64,${font.toString("base64")}) format("woff2")`;
  return `@font-face { font-family: "DejaVu Sans"; font-weight: ${weight}; src: ${source}; }\n`;
}

/** Plotly writes colours into each element, where only what is important outranks them. */
const darkRules = `@media screen and (prefers-color-scheme: dark) { ${Object.entries(darkColors)
  .flatMap(([light, dark]) =>
    ["fill", "stroke"].map(
      (property) => `[style*="${property}: ${asPlotlyWrites(light)}"] { ${property}: ${dark} !important; }`,
    ),
  )
  .join("\n")} }`;

function asPlotlyWrites(color: string): string {
  const hex = color === "white" ? "#FFFFFF" : color;
  return `rgb(${[1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16)).join(", ")})`;
}
