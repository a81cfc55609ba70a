import { join } from "node:path";
import { makeFolder } from "../he-ml/node/files/make-folder.js";
import { WriteError } from "../he-ml/node/files/whole-file.js";
import { figures as allFigures } from "./all.js";
import { commandOf, writeFigureOutputs } from "./figure-outputs.js";
import { gallery } from "./gallery.js";
import { ManifestFolder, type Manifest } from "./manifest.js";
import { measure, runSettings, type MeasureOptions } from "./measure-figure.js";
import { provenance } from "./provenance.js";
import type { ResearchFigure } from "./research-figure.js";
import { StepFile } from "./step-file.js";

export interface RunFiguresOptions extends Omit<MeasureOptions, "onStep" | "steps"> {
  /** Folder for all files; it is made if it is not there. */
  readonly out: string;
  /** Measures everything anew: what an interrupted run has left is not taken. */
  readonly fresh?: boolean;
  /** Told of each step before it is done, and how many figures are done. */
  readonly onStep?: (figure: string, step: string, done: number, total: number) => void;
  /** Told of each figure whose files are written, and how many steps of an interrupted run were taken. */
  readonly onFigure?: (figure: string, kept: number) => void;
}

/**
 * Measures and draws figures into a folder. Of an interrupted run with the same settings, version, commit and machine, the steps
 * that were done are taken, also where it was killed; when all figures are made, what was kept is taken away.
 *
 * @throws InputError unless seed and repeats are whole numbers in their ranges
 * @throws WriteError if a file cannot be written
 * @throws FiguresError after all others were made, if figures have failed
 * @throws the signal's reason when it aborts
 */
export async function runFigures(
  figures: readonly ResearchFigure[],
  { out, fresh, onStep, onFigure, ...options }: RunFiguresOptions,
): Promise<Manifest> {
  const settings = runSettings(options);
  const made = await provenance();
  await makeFolder(out).catch((error: Error) => {
    throw new WriteError(out, error);
  });
  const folder = await ManifestFolder.open(out);
  const kept: StepFile[] = [];
  const failures = new Map<string, unknown>();
  for (const [done, figure] of figures.entries()) {
    const { name } = figure;
    const of = { figure: name, ...settings, ...made };
    const steps = await StepFile.open(join(out, ".steps"), of, { fresh });
    const before = steps.count;
    try {
      const data = await measure(figure, {
        ...options,
        ...settings,
        steps,
        onStep: (step) => onStep?.(name, step, done, figures.length),
      });
      await writeFigureOutputs(folder, figure, data, settings, made);
    } catch (error) {
      if (options.signal?.aborted || error instanceof WriteError) throw error;
      failures.set(name, error);
      continue;
    }
    kept.push(steps);
    onFigure?.(name, before);
  }
  await writeGallery(folder, commandOf(undefined, settings));
  if (failures.size > 0) throw new FiguresError(failures);
  for (const steps of kept) await steps.remove();
  return folder.manifest;
}

/** Of all figures that are there, in the order of the list of all. */
async function writeGallery(folder: ManifestFolder, command: string): Promise<void> {
  const known = allFigures.map(({ name }) => name).filter((name) => folder.figures.has(name));
  const names = [...new Set([...known, ...folder.figures])];
  await folder.write({ path: "index.html", figure: null, command }, await gallery(folder.folder, names));
  await folder.writeManifest();
}

/** Figures that failed, while all others were made. */
export class FiguresError extends Error {
  override readonly name = "FiguresError";

  constructor(readonly failures: ReadonlyMap<string, unknown>) {
    const lines = [...failures].map(
      ([name, error]) =>
        `${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    super(`${failures.size} of the figures failed, the others are made\n${lines.join("\n")}`);
  }
}
