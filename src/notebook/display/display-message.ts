import { toBase64 } from "../../he-ml/crypto/base64.js";
import { diagramMessage, isDiagram } from "./diagram-bundle.js";
import { figureMessage, isFigure, type FigureSize } from "./figure-bundle.js";
import type { DisplayMessage } from "./kernel-output.js";
import { displayOf, failure, isMimeBundle, type MimeBundle } from "./mime.js";
import { toMimeBundle } from "./to-mime-bundle.js";

/**
 * How a value shows in a notebook: a figure of `he-ml/viz` as plotly JSON, PNG and text, a diagram as SVG, PNG
 * and text; any other value as
 * `toMimeBundle` says, except that its own display method may take its time.
 *
 * @returns undefined for a value that has no form but what Node prints, or whose other forms cannot be made or sent
 */
export async function displayMessage(
  value: unknown,
  size: FigureSize = {},
): Promise<DisplayMessage | undefined> {
  try {
    const message = await messageOf(value, size);
    // Throws where it cannot be sent: at a BigInt, or at a circle.
    JSON.stringify(message);
    return message;
  } catch {
    return undefined;
  }
}

async function messageOf(value: unknown, size: FigureSize): Promise<DisplayMessage | undefined> {
  if (isFigure(value)) return figureMessage(value, size);
  return isDiagram(value) ? diagramMessage(value) : bundleMessage(value);
}

async function bundleMessage(value: unknown): Promise<DisplayMessage | undefined> {
  const bundle = await bundleOf(value);
  if (!bundle) return undefined;
  const data = Object.entries(bundle).map(([type, content]) => [
    type,
    content instanceof Uint8Array ? toBase64(content) : content,
  ]);
  return { data: Object.fromEntries(data) as MimeBundle, metadata: {}, transient: {} };
}

export async function bundleOf(value: unknown): Promise<MimeBundle | undefined> {
  const own = await Promise.resolve(displayOf(value)).catch(failure);
  if (own === undefined) return toMimeBundle(value);
  return isMimeBundle(own) ? own : undefined;
}
