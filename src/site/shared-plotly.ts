import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readPlanarPlotlySource } from "../viz/assets.js";
import type { ScriptBeside } from "../viz/draw-plots.js";
import { integrityOf } from "../viz/self-contained-page.js";

const address = "lessons/plotly.js";

/**
 * Writes plotly as one file for all pages of a site.
 *
 * @returns where it is in the site
 */
export async function writePlotly(folder: string): Promise<ScriptBeside> {
  const source = await readPlanarPlotlySource();
  const file = join(folder, address);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, source);
  return { address, integrity: integrityOf(source) };
}
