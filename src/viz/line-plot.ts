import { isList, isObject, requireArgument, requireList, requireOptions } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import type { ScatterData } from "plotly.js-dist-min";
import { plainText, type Figure } from "./figure.js";
import { logAxis } from "./log-axis.js";
import type { LayoutAxis } from "./plotly-types.js";
import { seriesStyle, themed } from "./theme.js";

/** A curve, or points that were measured. */
export interface LineSeries {
  readonly name: string;
  readonly x: readonly number[];
  /** As many as `x`; null where there is none, and there the line is broken. */
  readonly y: readonly (number | null)[];
  /** Points alone, without a line between them. */
  readonly points?: boolean;
}

export interface LinePlotAxis {
  readonly title: string;
  /** Logarithmic; values that are not above 0 are not drawn. */
  readonly log?: boolean;
  /** Where the labels stand, instead of where plotly would put them. */
  readonly ticks?: readonly number[];
  /** From and to, in the axis's unit; all values if left out. */
  readonly range?: readonly [number, number];
}

export interface LinePlotOptions {
  readonly title: string;
  readonly x: LinePlotAxis;
  readonly y: LinePlotAxis;
}

/**
 * Curves over a number, each with a colour, a dash and a name of its own.
 *
 * @throws InputError if there are no series, or one has not one y for each x.
 * @example
 * const x = [-1, 0, 1];
 * const squares = { name: "x²", x, y: x.map((value) => value ** 2) };
 * linePlot([squares], { title: "A square", x: { title: "x" }, y: { title: "x²" } });
 */
export function linePlot(series: readonly LineSeries[], options: LinePlotOptions): Figure {
  const isSeries = (one: unknown) =>
    isObject(one) && "x" in one && isList(one.x) && "y" in one && isList(one.y);
  requireList("linePlot", series, "a list of series, as { name, x, y }", isSeries);
  const { title, x, y } = requireOptions("linePlot", options);
  const hasAxes =
    isObject(x) && isObject(y) && [title, x.title, y.title].every((text) => typeof text === "string");
  requireArgument("linePlot", hasAxes, "{ title, x: { title }, y: { title } }", options);
  if (series.length === 0) throw new InputError("linePlot: expected at least one series, got none");
  const uneven = series.find((one) => one.x.length !== one.y.length);
  if (uneven) {
    throw new InputError(
      `linePlot: "${uneven.name}": expected one y for each of ${uneven.x.length} x, got ${uneven.y.length}`,
    );
  }
  return {
    data: series.map(drawn),
    layout: themed({
      title: { text: plainText(title) },
      showlegend: series.length > 1,
      xaxis: axisOf(
        x,
        series.flatMap((one) => one.x),
      ),
      yaxis: axisOf(
        y,
        series.flatMap((one) => one.y),
      ),
    }),
  };
}

function drawn({ name, x, y, points = false }: LineSeries, index: number): Partial<ScatterData> {
  const { color, dash, symbol } = seriesStyle(index);
  return {
    type: "scatter",
    mode: points ? "markers" : "lines",
    name: plainText(name),
    x: [...x],
    y: [...y],
    connectgaps: false,
    ...(points ? { marker: { color, symbol, size: 11 } } : { line: { color, dash, width: 2.5 } }),
  };
}

/** An axis as the options tell it. */
export function axisOf(
  { title, log = false, ticks, range }: LinePlotAxis,
  values: readonly (number | null)[],
): LayoutAxis {
  return {
    title: { text: plainText(title) },
    ...(log && logAxis(values)),
    ...(ticks && { tickmode: "array", tickvals: [...ticks] }),
    ...(range && { range: log ? [Math.log10(range[0]), Math.log10(range[1])] : [...range] }),
  };
}
