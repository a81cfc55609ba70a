import type { RunSettings } from "./measure-figure.js";
import { csv } from "./csv.js";
import { narrowFile, type FigureFile } from "./figure-file.js";
import type { ManifestFolder } from "./manifest.js";
import type { Provenance } from "./provenance.js";
import type { FigureData, FigurePanel, ResearchFigure } from "./research-figure.js";

/** The command that makes a figure, or all if none is named. */
export function commandOf(figure: string | undefined, { quick, seed, repeats }: RunSettings): string {
  const words = ["npx he-ml figures", figure, quick ? "--quick" : undefined];
  return [...words, `--seed ${seed} --repeats ${repeats}`].filter(Boolean).join(" ");
}

/** A figure's drawings; one that is alone has no name of its own. */
export function panelsOf<Data extends FigureData>(
  figure: ResearchFigure<Data>,
  data: Data,
): Required<FigurePanel>[] {
  const drawn = figure.draw(data);
  const panels: readonly FigurePanel[] = "layout" in drawn ? [{ name: "", figure: drawn }] : drawn;
  return panels.map((panel) => ({ width: figure.width ?? "full", ...panel }));
}

/**
 * Writes a figure's files: NAME.json, NAME.csv, and each drawing as SVG, PNG and PDF.
 *
 * @throws WriteError
 */
export async function writeFigureOutputs<Data extends FigureData>(
  folder: ManifestFolder,
  figure: ResearchFigure<Data>,
  data: Data,
  settings: RunSettings,
  made: Provenance,
): Promise<void> {
  const { printFigure } = await import("../viz/print.js");
  const { name, title, caption } = figure;
  const command = commandOf(name, settings);
  const panels = panelsOf(figure, data).map((panel) => ({
    ...panel,
    name: panel.name === "" ? name : `${name}-${panel.name}`,
  }));
  const file: FigureFile = {
    ...{ figure: name, title, caption, command, parameters: settings, ...made },
    finished: new Date().toISOString(),
    drawings: panels.map(({ name, width }) => ({ name, width })),
    ...data,
  };
  folder.forget(name);
  const write = (path: string, content: string | Uint8Array) =>
    folder.write({ path, figure: name, command }, content);
  await write(`${name}.json`, `${JSON.stringify(file, null, 2)}\n`);
  await write(`${name}.csv`, csv(figure.table(data)));
  for (const panel of panels) {
    const { svg, narrowSvg, png, pdf } = await printFigure(panel.figure, panel.width, title);
    await write(`${panel.name}.svg`, svg);
    if (narrowSvg !== undefined) await write(narrowFile(panel.name), narrowSvg);
    await write(`${panel.name}.png`, png);
    await write(`${panel.name}.pdf`, pdf);
  }
  await folder.writeManifest();
}
