import { inspect } from "node:util";
import { figureMessage, figureText, isFigure, type FigureSize } from "./figure-bundle.js";
import { currentDisplayWriter, type DisplayMessage } from "./kernel-output.js";
import { displayOf, failure, isMimeBundle, type MimeBundle } from "./mime.js";
import { toMimeBundle } from "./to-mime-bundle.js";

/**
 * Shows a value in the middle of a cell: a figure of `he-ml/viz` as plotly JSON and PNG in one message, a value of
 * the library or of `table` as a table, everything else as `console.log` would. Outside a kernel it prints the text.
 *
 * Await it: a picture takes a moment to draw, and what is drawn after the cell's end comes late.
 *
 * @param size of a figure
 * @throws RangeError if a size is not a positive number
 * @example await show(errorPerLayer(traces));
 */
export async function show(value: unknown, size: FigureSize = {}): Promise<void> {
  const write = currentDisplayWriter();
  if (!write) console.log(await textOf(value));
  else if (isFigure(value)) write(await figureMessage(value, size));
  else write(message(await bundleOf(value)));
}

async function textOf(value: unknown): Promise<string> {
  if (isFigure(value)) return figureText(value);
  const text = (await bundleOf(value))["text/plain"];
  return typeof text === "string" ? text : inspect(value);
}

/** Unlike a cell's last value, a display method may here take its time. */
async function bundleOf(value: unknown): Promise<MimeBundle> {
  const own = displayOf(value);
  const promised = own instanceof Promise ? await own.catch(failure) : own;
  if (isMimeBundle(promised)) return promised;
  return toMimeBundle(value) ?? { "text/plain": typeof value === "string" ? value : inspect(value) };
}

function message(bundle: MimeBundle): DisplayMessage {
  const data = Object.entries(bundle).map(([type, content]) => [
    type,
    content instanceof Uint8Array ? Buffer.from(content).toString("base64") : content,
  ]);
  return { data: Object.fromEntries(data) as MimeBundle, metadata: {}, transient: {} };
}
