import { diagramPng } from "#pictures";
import { toBase64 } from "../../he-ml/crypto/base64.js";
import type { Diagram } from "../../viz/diagrams/diagram.js";
import type { DisplayMessage } from "./kernel-output.js";
import { isPlainObject } from "./recognise.js";

/** A diagram of `he-ml/viz`. */
export function isDiagram(value: unknown): value is Diagram {
  return isPlainObject(value) && value.kind === "diagram" && typeof value.svg === "string";
}

/** A diagram as SVG; as a PNG, for viewers that show no SVG of strangers; and in words. */
export async function diagramMessage(diagram: Diagram): Promise<DisplayMessage> {
  const { svg, width, height } = diagram;
  const png = await diagramPng(diagram);
  return {
    data: {
      "image/svg+xml": svg,
      ...(png && { "image/png": toBase64(png) }),
      "text/plain": diagramText(diagram),
    },
    metadata: { "image/svg+xml": { width, height }, ...(png && { "image/png": { width, height } }) },
    transient: {},
  };
}

/** @example diagramText(keySwitch()) // "Diagram: A key switch: from three parts to two. A product …" */
export function diagramText({ title, description }: Diagram): string {
  return `Diagram: ${title}. ${description}`;
}
