import type { FontMetrics } from "./font-metrics.js";

/** A rectangle in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Fonts {
  readonly regular: FontMetrics;
  readonly bold: FontMetrics;
}

/** The six numbers of an SVG matrix: x' = a x + c y + e, y' = b x + d y + f. */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];
type Point = readonly [x: number, y: number];

const identity: Matrix = [1, 0, 0, 1, 0, 0];

/** The box of an element in its own coordinates, as `getBBox()` gives it. */
export function ownBox(element: Element, fonts: Fonts): Box {
  return boxAround(corners(element, identity, fonts));
}

/** The box of an element in the coordinates of its outermost `<svg>`, as `getBoundingClientRect()` gives it. */
export function outerBox(element: Element, fonts: Fonts): Box {
  let matrix = identity;
  for (let node: Element | null = element; node; node = node.parentElement) {
    matrix = multiply(transformOf(node), matrix);
  }
  return boxAround(corners(element, matrix, fonts));
}

/**
 * Corners of all that an element draws. Only what plotly asks to be measured counts: text, rectangles and
 * images, alone or in groups; lines and curves have no box.
 */
function corners(element: Element, matrix: Matrix, fonts: Fonts): Point[] {
  switch (element.tagName) {
    case "text":
    case "tspan":
      return cornersOf(textBox(element, fonts), matrix);
    case "rect":
    case "image": {
      const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => numberOf(element, name));
      return cornersOf({ x, y, width, height }, matrix);
    }
    case "defs":
    case "clipPath":
      return [];
    default:
      return Array.from(element.children).flatMap((child) =>
        corners(child, multiply(matrix, transformOf(child)), fonts),
      );
  }
}

/** Lines of a text are `tspan.line` elements, each lower than the one before by its `dy`, in em. */
function textBox(element: Element, fonts: Fonts): Box {
  const size = parseFloat(inherited(element, "font-size") ?? "12");
  const weight = inherited(element, "font-weight") ?? "normal";
  const font = weight === "bold" || Number(weight) >= 600 ? fonts.bold : fonts.regular;
  const lines = Array.from(element.querySelectorAll("tspan.line"));
  const texts = lines.length > 0 ? lines : [element];
  const width = Math.max(...texts.map((line) => font.width(line.textContent))) * size;
  const downBy = Math.max(0, ...lines.map((line) => parseFloat(line.getAttribute("dy") ?? "0"))) * size;

  const anchor = inherited(element, "text-anchor");
  const left = anchor === "middle" ? width / 2 : anchor === "end" ? width : 0;
  return {
    x: numberOf(element, "x") - left,
    y: numberOf(element, "y") - font.ascent * size,
    width,
    height: (font.ascent + font.descent) * size + downBy,
  };
}

function inherited(element: Element, property: string): string | undefined {
  for (let node: Element | null = element; node; node = node.parentElement) {
    const style = (node as SVGElement).style?.getPropertyValue(property);
    const value = style || node.getAttribute(property);
    if (value) return value;
  }
  return undefined;
}

function numberOf(element: Element, attribute: string): number {
  return parseFloat(element.getAttribute(attribute) ?? "") || 0;
}

function transformOf(element: Element): Matrix {
  const transform = element.getAttribute("transform") ?? "";
  let matrix = identity;
  for (const [, name, list] of transform.matchAll(/(\w+)\s*\(([^)]*)\)/g)) {
    const numbers = list
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(Number);
    matrix = multiply(matrix, matrixOf(name, numbers));
  }
  return matrix;
}

function matrixOf(name: string, [a = 0, b, c, d, e, f]: readonly number[]): Matrix {
  switch (name) {
    case "translate":
      return [1, 0, 0, 1, a, b ?? 0];
    case "scale":
      return [a, 0, 0, b ?? a, 0, 0];
    case "rotate": {
      const [x, y] = [b ?? 0, c ?? 0];
      const [cos, sin] = [Math.cos((a * Math.PI) / 180), Math.sin((a * Math.PI) / 180)];
      return [cos, sin, -sin, cos, x - x * cos + y * sin, y - x * sin - y * cos];
    }
    case "matrix":
      return [a, b, c, d, e, f];
    default:
      return identity;
  }
}

function multiply(m: Matrix, n: Matrix): Matrix {
  return [
    m[0] * n[0] + m[2] * n[1],
    m[1] * n[0] + m[3] * n[1],
    m[0] * n[2] + m[2] * n[3],
    m[1] * n[2] + m[3] * n[3],
    m[0] * n[4] + m[2] * n[5] + m[4],
    m[1] * n[4] + m[3] * n[5] + m[5],
  ];
}

function cornersOf({ x, y, width, height }: Box, [a, b, c, d, e, f]: Matrix): Point[] {
  if (width === 0 || height === 0) return [];
  return [
    [x, y],
    [x + width, y],
    [x, y + height],
    [x + width, y + height],
  ].map(([u, v]) => [a * u + c * v + e, b * u + d * v + f]);
}

function boxAround(points: readonly Point[]): Box {
  if (points.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}
