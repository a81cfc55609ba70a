import { InputError } from "../he-ml/errors.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import type { Figure } from "../viz/figure.js";
import { requireWritableFile } from "./files.js";

const endings = [".svg", ".png"];

/**
 * Checks, before the work, that a figure can be drawn and written there.
 *
 * @throws InputError if the path has another ending than .svg or .png, or may not be written, or what draws is not installed
 */
export async function requireFigureFile(what: string, path: string): Promise<void> {
  if (!endings.some((ending) => path.toLowerCase().endsWith(ending))) {
    throw new InputError(`${what}: expected a file that ends in ${endings.join(" or ")}, got "${path}"`);
  }
  requirePackages("plots");
  await requireWritableFile(what, path);
}

/** Draws a figure into a file, as its ending says. */
export async function writeFigure(path: string, figure: Figure): Promise<void> {
  const { renderPng, renderSvg } = await import("../viz/index.js");
  const isPng = path.toLowerCase().endsWith(".png");
  await writeWholeFile(path, await (isPng ? renderPng(figure) : renderSvg(figure)));
}
