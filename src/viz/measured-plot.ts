import { isList, isObject, requireList } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import type { ErrorBar, ScatterData } from "plotly.js-dist-min";
import { captioned } from "./captioned.js";
import { plainText, type Figure } from "./figure.js";
import { axisOf, type LinePlotAxis, type LinePlotOptions } from "./line-plot.js";
import { fewDecades } from "./log-axis.js";
import type { LayoutAxis } from "./plotly-types.js";
import { seriesStyle, themed } from "./theme.js";

/** Values that were measured or predicted. */
export interface MeasuredSeries {
  readonly name: string;
  readonly x: readonly number[];
  /** As many as `x`; null where there is none. */
  readonly y: readonly (number | null)[];
  /**
   * From where to where each value may be, drawn as a bar; null, or left out, for none. On a logarithmic axis a bar ends at a tenth and
   * at ten times the value: an interval may reach below 0.
   */
  readonly interval?: readonly (readonly [low: number, high: number] | null)[];
  /** The same of `x`. */
  readonly across?: readonly (readonly [low: number, high: number] | null)[];
  /** Points that a line joins if left out; `curve` has no points. */
  readonly drawn?: "joined" | "points" | "curve";
  /** Which of `seriesStyle`'s looks it has; that of its place in the list if left out. */
  readonly style?: number;
  /** Points that are not filled, as for what others published. */
  readonly open?: boolean;
  /** What stands beside each point. */
  readonly labels?: readonly string[];
  /** Above the points unless told. */
  readonly labelsAt?: keyof typeof labelPlaces;
}

export interface MeasuredPlotAxis extends LinePlotAxis {
  /** What stands at 0, 1, 2, …, instead of numbers. */
  readonly names?: readonly string[];
}

export interface MeasuredPlotOptions extends LinePlotOptions {
  readonly x: MeasuredPlotAxis;
  /** What the figure says below its title, line by line; HTML. */
  readonly caption?: readonly string[];
  /** In CSS pixels. */
  readonly height?: number;
}

const operation = "measuredPlot";

/**
 * Measured values with their intervals, and curves beside them. Series differ in colour, symbol and dash.
 *
 * @throws InputError if there are no series, or one has not one y, and one interval if any, for each x
 * @example
 * const x = [1, 10, 100];
 * const series = [{ name: "packed", x, y: [0.02, 0.2, 2], interval: [[0.01, 0.03], [0.1, 0.3], [1, 3]] }];
 * measuredPlot(series, { title: "Many images", x: { title: "images", log: true }, y: { title: "time (s)", log: true } });
 */
export function measuredPlot(series: readonly MeasuredSeries[], options: MeasuredPlotOptions): Figure {
  requireList(operation, series, "a list of series, as { name, x, y }", isSeries);
  if (series.length === 0) throw new InputError(`${operation}: expected at least one series, got none`);
  for (const { name, x, y, interval, across, labels } of series) {
    for (const [what, list] of Object.entries({ y, interval, across, labels })) {
      if (list === undefined || list.length === x.length) continue;
      throw new InputError(
        `${operation}: "${name}": expected ${what} for each of ${x.length} x, got ${list.length}`,
      );
    }
  }
  const { title, caption = [], height, x, y } = options;
  const drawn = series.map((one) => ({
    ...one,
    interval: y.log ? withinDecades(one.y, one.interval) : one.interval,
    across: x.log ? withinDecades(one.x, one.across) : one.across,
  }));
  const ys = drawn.flatMap((one) => [...one.y, ...(one.interval ?? []).flatMap((ends) => ends ?? [])]);
  return {
    data: drawn.map(trace),
    layout: themed({
      ...captioned(plainText(title), caption),
      ...(height === undefined ? {} : { height }),
      showlegend: series.length > 1,
      xaxis: {
        ...axisOf(
          x,
          drawn.flatMap((one) => [...one.x, ...(one.across ?? []).flatMap((ends) => ends ?? [])]),
        ),
        // Plotly would write 16384 as 1.6384 × 10⁴.
        ...(x.ticks && { ticktext: x.ticks.map(String) }),
        ...(x.names && namedTicks(x.names)),
      },
      yaxis: { ...axisOf(y, ys), ...(y.log && !y.ticks && fewDecades(ys)) },
    }),
  };
}

const isSeries = (one: unknown) =>
  isObject(one) && "x" in one && isList(one.x) && "y" in one && isList(one.y);

type Intervals = MeasuredSeries["interval"];

const withinDecades = (values: readonly (number | null)[], intervals: Intervals): Intervals =>
  intervals?.map((ends, i) => {
    const value = values[i];
    return ends && value !== null ? [Math.max(ends[0], value / 10), Math.min(ends[1], 10 * value)] : null;
  });

const namedTicks = (names: readonly string[]): LayoutAxis => ({
  tickmode: "array",
  tickvals: names.map((_, index) => index),
  ticktext: names.map(plainText),
  range: [-0.5, names.length - 0.5],
  zeroline: false,
});

/** Plotly's names. */
const labelPlaces = { above: "top center", aboveLeft: "top left", belowRight: "bottom right" } as const;

function trace(one: MeasuredSeries, index: number): Partial<ScatterData> {
  const {
    name,
    x,
    y,
    interval,
    drawn = "joined",
    style = index,
    open = false,
    labels,
    labelsAt = "above",
  } = one;
  const { across } = one;
  const { color, dash, symbol } = seriesStyle(style);
  const modes = [
    ...(drawn === "points" ? [] : ["lines"]),
    ...(drawn === "curve" ? [] : ["markers"]),
    ...(labels ? ["text"] : []),
  ];
  return {
    type: "scatter",
    mode: modes.join("+") as ScatterData["mode"],
    name: plainText(name),
    x: [...x],
    y: [...y],
    connectgaps: false,
    cliponaxis: false,
    line: { color, dash, width: 2 },
    marker: {
      color,
      symbol: open ? `${symbol}-open` : symbol,
      size: 9,
      line: { color, width: open ? 2 : 0 },
    },
    ...(labels && { text: labels.map(plainText), textposition: labelPlaces[labelsAt] }),
    ...(interval && { error_y: bars(y, interval, color) }),
    ...(across && { error_x: bars(x, across, color) }),
  };
}

function bars(values: readonly (number | null)[], interval: NonNullable<Intervals>, color: string): ErrorBar {
  const beyond = (end: 0 | 1) =>
    values.map((value, i) => Math.abs((interval[i]?.[end] ?? value ?? 0) - (value ?? 0)));
  return {
    type: "data",
    symmetric: false,
    array: beyond(1),
    arrayminus: beyond(0),
    color,
    thickness: 1.5,
    width: 4,
  };
}
