import { requireArgument, requireList, requireOptions } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import type { Annotation, LayoutImage, ScatterData, Shape } from "plotly.js-dist-min";
import { plainText, type Figure } from "./figure.js";
import { grayPngAddress } from "./gray-png.js";
import { palette, themed } from "./theme.js";

const side = 28;

/** A classified image: a digit, or something else in MNIST's format. */
export interface DigitImage {
  /** 28 × 28 values row by row, larger for more ink; any range, each image is drawn over its own. */
  readonly pixels: ArrayLike<number>;
  readonly predicted: number;
  /** What the image really shows, where that is known. */
  readonly label?: number;
}

export interface DigitsOptions {
  /** Images in a row; 5 unless told. */
  readonly columns?: number;
  /** What each class is called; its number unless told. */
  readonly classNames?: readonly string[];
}

/** Height of one cell of the grid, whose width is 1: the image, and below it two lines of text. */
const cellHeight = 1.4;
const imageSize = 0.86;
const inset = (1 - imageSize) / 2;

/** Where a row has more cells than these, what stands below them is smaller, or it would run together on a telephone. */
const mostCellsWithLargeText = 6;

/** A row has room for at least so many cells, so that few images do not become giants. */
const leastCellsWide = 4;

/**
 * A grid of digits, each over its predicted label. Where that is wrong it has a ✗, the true label below it
 * and a thick dashed frame.
 *
 * @throws InputError if there are no images, or one has not 28 × 28 finite values.
 * @example digits([{ pixels, predicted: 4, label: 9 }])
 */
export function digits(images: readonly DigitImage[], options: DigitsOptions = {}): Figure {
  requireList("digits", images, "a list of images, as { pixels, … }");
  requireOptions("digits", options);
  if (images.length === 0) throw new InputError("digits: expected at least one image, got none");
  images.forEach(requirePixels);
  const columns = Math.min(options.columns ?? 5, images.length);
  if (!Number.isInteger(columns) || columns < 1) {
    throw new InputError(`digits: expected a whole number of columns of at least 1, got ${options.columns}`);
  }
  const rows = Math.ceil(images.length / columns);
  const cells = images.map((image, index) => ({
    image,
    left: index % columns,
    top: Math.floor(index / columns) * cellHeight,
  }));
  const nameOf = (index: number) => plainText(options.classNames?.[index] ?? String(index));
  const spare = Math.max(0, leastCellsWide - columns);
  const hidden = { visible: false, fixedrange: true } as const;
  return {
    data: [hoverSeries(cells, nameOf)],
    layout: themed({
      title: { text: `${options.classNames ? "Predictions" : "Predicted digits"}${score(images)}` },
      showlegend: false,
      height: 80 + (rows * cellHeight * 650) / (columns + spare),
      xaxis: { ...hidden, range: [-spare / 2, columns + spare / 2], constrain: "domain" },
      yaxis: {
        ...hidden,
        range: [rows * cellHeight, 0],
        scaleanchor: "x",
        constrain: "domain",
        constraintoward: "top",
      },
      images: cells.map(picture),
      shapes: cells.map(frame),
      annotations: cells.map((cell) => caption(cell, nameOf, columns > mostCellsWithLargeText ? 11 : 13)),
    }),
  };
}

interface Cell {
  readonly image: DigitImage;
  readonly left: number;
  readonly top: number;
}

function requirePixels({ pixels }: DigitImage, index: number): void {
  const isList = Array.isArray(pixels) || ArrayBuffer.isView(pixels);
  requireArgument(`digits: image ${index}`, isList, "pixels as a list of numbers", pixels);
  if (pixels.length !== side * side) {
    throw new InputError(
      `digits: image ${index}: expected ${side}×${side} = ${side * side} values, got ${pixels.length}`,
    );
  }
  const bad = Array.from(pixels).findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new InputError(`digits: image ${index}: value ${bad} is ${pixels[bad]}, not a number`);
}

function score(images: readonly DigitImage[]): string {
  const labelled = images.filter(({ label }) => label !== undefined);
  if (labelled.length === 0) return "";
  return `: ${labelled.length - labelled.filter(isWrong).length} of ${labelled.length} right`;
}

function isWrong({ predicted, label }: DigitImage): boolean {
  return label !== undefined && predicted !== label;
}

function picture({ image, left, top }: Cell): LayoutImage {
  return {
    source: grayPngAddress(toGray(image.pixels), side, side, 4),
    xref: "x",
    yref: "y",
    x: left + inset,
    y: top + inset,
    sizex: imageSize,
    sizey: imageSize,
    sizing: "stretch",
    layer: "below",
  };
}

/** Dark ink on white. */
function toGray(pixels: ArrayLike<number>): Uint8Array {
  const values = Array.from(pixels);
  const lowest = Math.min(...values);
  const range = Math.max(...values) - lowest || 1;
  return Uint8Array.from(values, (value) => Math.round(255 * (1 - (value - lowest) / range)));
}

function frame({ image, left, top }: Cell): Shape {
  return {
    type: "rect",
    x0: left + inset,
    x1: left + 1 - inset,
    y0: top + inset,
    y1: top + 1 - inset,
    line: isWrong(image)
      ? { color: palette.vermillion, width: 4, dash: "dash" }
      : { color: "#888888", width: 1, dash: "solid" },
  };
}

type NameOf = (index: number) => string;

function caption({ image, left, top }: Cell, nameOf: NameOf, size: number): Annotation {
  return {
    text: verdict(image, nameOf),
    x: left + 0.5,
    y: top + 1,
    xanchor: "center",
    yanchor: "top",
    yshift: 6,
    showarrow: false,
    font: { size },
  };
}

function verdict({ predicted, label }: DigitImage, nameOf: NameOf): string {
  if (label === undefined) return nameOf(predicted);
  return predicted === label ? `✓ ${nameOf(predicted)}` : `✗ ${nameOf(predicted)}<br>true ${nameOf(label)}`;
}

function hoverSeries(cells: readonly Cell[], nameOf: NameOf): Partial<ScatterData> {
  return {
    type: "scatter",
    mode: "markers",
    x: cells.map(({ left }) => left + 0.5),
    y: cells.map(({ top }) => top + 0.5),
    text: cells.map(
      ({ image }, index) =>
        `image ${index}: predicted ${nameOf(image.predicted)}` +
        (image.label === undefined ? "" : `, labelled ${nameOf(image.label)}`),
    ),
    hoverinfo: "text",
    marker: { size: 40, opacity: 0 },
  };
}
