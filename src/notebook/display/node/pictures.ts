import type { Diagram } from "../../../viz/diagrams/diagram.js";
import type { Figure } from "../../../viz/figure.js";
import type { RenderPngOptions } from "../../../viz/render.js";

// Pictures for viewers that run no script: `#pictures` of package.json's `imports` in Node. What draws is loaded by the
// first one.

/** A figure as PNG. */
export async function figurePng(figure: Figure, size: RenderPngOptions): Promise<Uint8Array | undefined> {
  const { renderPng } = await import("../../../viz/render.js");
  return renderPng(figure, size);
}

/** A diagram as PNG, with two pixels for each of CSS. */
export async function diagramPng({ svg }: Diagram): Promise<Uint8Array | undefined> {
  const { rasterise } = await import("../../../viz/rasterise.js");
  return rasterise(svg, 2);
}
