import { escapeHtml } from "../html.js";
import { paint, paintAndStroke, stroke, type Role } from "./look.js";

export type Point = readonly [x: number, y: number];

export interface TextOptions {
  readonly anchor?: "start" | "middle" | "end";
  readonly role?: Role;
  readonly bold?: boolean;
  /** Pixels; 15 unless told. At 350 px a diagram is four fifths of its size. */
  readonly size?: number;
}

/** A line of text whose letters stand on y. */
export function text([x, y]: Point, content: string, options: TextOptions = {}): string {
  const { anchor = "start", role = "ink", bold = false, size = 15 } = options;
  const weight = bold ? ` font-weight="bold"` : "";
  return `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}"${weight} ${paint(role)}>${escapeHtml(content)}</text>`;
}

export interface BoxOptions {
  readonly fill?: Role;
  readonly bold?: boolean;
}

/** A rectangle with a line of text in its middle. */
export function box(
  [x, y]: Point,
  width: number,
  height: number,
  content: string,
  { fill = "open", bold = false }: BoxOptions = {},
): string {
  return [
    panel([x, y], width, height, fill),
    text([x + width / 2, y + height / 2 + 5], content, { anchor: "middle", bold }),
  ].join("");
}

/** An empty rectangle. */
export function panel([x, y]: Point, width: number, height: number, fill: Role): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="5" ${paintAndStroke(fill, "edge")}/>`;
}

/** A line through some points with a head at the last, by which it is not mistaken where colours fail. */
export function arrow(points: readonly Point[], { dashed = false } = {}): string {
  const [[x1, y1], [x2, y2]] = points.slice(-2);
  const degrees = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  const turn = Math.round(10 * degrees) / 10;
  return [
    line(points, { dashed }),
    `<path d="M0 0L-10 -5L-10 5Z" transform="translate(${x2} ${y2}) rotate(${turn})" ${paint("ink")}/>`,
  ].join("");
}

export function line(points: readonly Point[], { dashed = false } = {}): string {
  const path = points.map(([x, y]) => `${x},${y}`).join(" ");
  return `<polyline points="${path}" fill="none" stroke-width="1.5"${dashed ? ` stroke-dasharray="5 4"` : ""} ${stroke("ink")}/>`;
}

/** A plus in a circle, where two things are added. */
export function plus([x, y]: Point): string {
  return [
    `<circle cx="${x}" cy="${y}" r="10" ${paintAndStroke("paper", "ink")}/>`,
    line([
      [x - 5, y],
      [x + 5, y],
    ]),
    line([
      [x, y - 5],
      [x, y + 5],
    ]),
  ].join("");
}
