import { escapeHtml } from "../html.js";
import { diagramStyle, paint } from "./look.js";

/** A drawing in SVG, plain JSON: it follows light and dark surroundings, and says in words what it shows. */
export interface Diagram {
  readonly kind: "diagram";
  /** What it shows, in a few words. */
  readonly title: string;
  /** The same in sentences, for who does not see it. */
  readonly description: string;
  /** Natural size in CSS pixels; it may be drawn narrower, and its smallest letters then still have 11 pixels at 350. */
  readonly width: number;
  readonly height: number;
  readonly svg: string;
}

/** All diagrams are as wide as a telephone's screen, and a little wider. */
export const diagramWidth = 440;

export interface DiagramSketch {
  readonly title: string;
  readonly description: string;
  readonly height: number;
  /** SVG elements, from `shapes.ts`. */
  readonly parts: readonly string[];
}

/** Puts parts on a ground of their own, since no viewer says on which colour it stands. */
export function diagram({ title, description, height, parts }: DiagramSketch): Diagram {
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${diagramWidth}" height="${height}" ` +
      `viewBox="0 0 ${diagramWidth} ${height}" role="img" font-family="DejaVu Sans, Verdana, sans-serif">`,
    `<title>${escapeHtml(title)}</title>`,
    `<desc>${escapeHtml(description)}</desc>`,
    `<style>${diagramStyle}</style>`,
    `<rect width="${diagramWidth}" height="${height}" ${paint("paper")}/>`,
    ...parts,
    "</svg>",
  ].join("\n");
  return { kind: "diagram", title, description, width: diagramWidth, height, svg };
}
