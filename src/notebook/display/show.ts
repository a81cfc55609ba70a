import { currentDisplayWriter } from "#display-writer";
import { InputError } from "../../he-ml/errors.js";
import { bundleOf, displayMessage } from "./display-message.js";
import { diagramText, isDiagram } from "./diagram-bundle.js";
import { figureText, isFigure, type FigureSize } from "./figure-bundle.js";
import { plainText } from "./plain-text.js";

/**
 * Shows a value in the middle of a cell: a figure of `he-ml/viz` as plotly JSON and PNG in one message, a diagram
 * as SVG and PNG, a value of
 * the library or of `table` as a table, everything else as `console.log` would. Outside a kernel it prints the text.
 *
 * Await it: a picture takes a moment to draw, and what is drawn after the cell's end comes late.
 *
 * @param size of a figure
 * @throws InputError if a size is not a positive number
 * @example await show(errorPerLayer(traces));
 */
export async function show(value: unknown, size: FigureSize = {}): Promise<void> {
  const write = currentDisplayWriter();
  if (!write) {
    console.log(await textOf(value));
    return;
  }
  requirePositive(size);
  const message = await displayMessage(value, size);
  write(message ?? { data: { "text/plain": plainText(value) }, metadata: {}, transient: {} });
}

async function textOf(value: unknown): Promise<string> {
  if (isFigure(value)) return figureText(value);
  if (isDiagram(value)) return diagramText(value);
  const text = (await bundleOf(value))?.["text/plain"];
  return typeof text === "string" ? text : plainText(value);
}

function requirePositive(size: FigureSize): void {
  for (const [name, pixels] of Object.entries(size) as [string, number | undefined][]) {
    if (pixels === undefined || (Number.isFinite(pixels) && pixels > 0)) continue;
    throw new InputError(`show: expected a ${name} above 0, got ${pixels}`);
  }
}
