import type { Diagram } from "../../viz/diagrams/diagram.js";
import type { DisplayMessage } from "./kernel-output.js";
import { isPlainObject } from "./recognise.js";

/** A diagram of `he-ml/viz`. */
export function isDiagram(value: unknown): value is Diagram {
  return isPlainObject(value) && value.kind === "diagram" && typeof value.svg === "string";
}

/** A diagram as SVG; as a PNG, for viewers that show no SVG of strangers; and in words. */
export async function diagramMessage(diagram: Diagram): Promise<DisplayMessage> {
  const { rasterise } = await import("../../viz/rasterise.js");
  const { svg, width, height } = diagram;
  const png = await rasterise(svg, 2);
  return {
    data: {
      "image/svg+xml": svg,
      "image/png": Buffer.from(png).toString("base64"),
      "text/plain": diagramText(diagram),
    },
    metadata: { "image/svg+xml": { width, height }, "image/png": { width, height } },
    transient: {},
  };
}

/** @example diagramText(keySwitch()) // "Diagram: A key switch: from three parts to two. A product …" */
export function diagramText({ title, description }: Diagram): string {
  return `Diagram: ${title}. ${description}`;
}
