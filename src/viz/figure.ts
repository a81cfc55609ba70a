import { requireArgument } from "../he-ml/arguments.js";
import type { Config, Data, Frame, Layout } from "./plotly-types.js";

/** A plotly figure: plain JSON without functions, the form that notebooks, reports and files hold. */
export interface Figure {
  readonly data: readonly Data[];
  readonly layout: Layout;
  readonly config?: Config;
  /** What an animation of your own plays; the figures of `he-ml/viz` need none. */
  readonly frames?: readonly Frame[];
}

/**
 * Makes a name safe inside a figure: plotly reads `<b>`, `<a href=…>` and entities in every label as markup.
 *
 * @example plainText("a<b") // "a&lt;b"
 */
export function plainText(text: string): string {
  requireArgument("plainText", typeof text === "string", "a text", text);
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
