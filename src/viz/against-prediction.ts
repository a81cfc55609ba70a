import type { ScatterData } from "plotly.js-dist-min";
import { isList, isObject, requireArgument } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { plainText, type Figure } from "./figure.js";
import { logAxis } from "./log-axis.js";
import { seriesStyle, themed } from "./theme.js";

/** What was predicted, and what was measured, both above 0 and in one unit. */
export interface PredictedPoint {
  readonly predicted: number;
  readonly measured: number;
  /** Of what was measured, from and to, as an error bar. */
  readonly interval?: readonly [number, number];
}

export interface PredictedSeries {
  readonly name: string;
  readonly points: readonly PredictedPoint[];
}

const operation = "againstPrediction";

/**
 * Measured over predicted, on two logarithmic axes with the same ends: on the diagonal a prediction is right, and in the band
 * beside it at most by a factor of 2 wrong.
 *
 * @param quantity what it is, with its unit
 * @throws InputError if there is no point, or a value is not above 0
 * @example againstPrediction("Error", "rms error", [{ name: "lenet1", points: [{ predicted: 1e-3, measured: 1.1e-3 }] }])
 */
export function againstPrediction(
  title: string,
  quantity: string,
  series: readonly PredictedSeries[],
): Figure {
  const areSeries = isList(series) && series.every((one) => isObject(one) && "points" in one);
  requireArgument(operation, areSeries, "a list of series, as { name, points }", series);
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) throw new InputError(`${operation}: expected at least one point, got none`);
  const bad = points.find(({ predicted, measured }) => !(predicted > 0 && measured > 0));
  if (bad) {
    throw new InputError(
      `${operation}: expected values above 0, got ${bad.predicted} predicted and ${bad.measured} measured; ` +
        `leave out what is exact`,
    );
  }
  const values = points.flatMap(({ predicted, measured }) => [predicted, measured]);
  const ends: [number, number] = [Math.min(...values) / 2.5, Math.max(...values) * 2.5];
  const axis = { ...logAxis(ends), range: [Math.log10(ends[0]), Math.log10(ends[1])] as [number, number] };
  return {
    data: [...band(ends), ...series.map(marks)],
    layout: themed({
      title: { text: plainText(title) },
      height: 560,
      legend: { traceorder: "normal" },
      xaxis: { ...axis, title: { text: `predicted ${plainText(quantity)}` } },
      yaxis: { ...axis, title: { text: `measured ${plainText(quantity)}` } },
    }),
  };
}

function band(ends: readonly number[]): Partial<ScatterData>[] {
  const line = (factor: number, look: Partial<ScatterData>): Partial<ScatterData> => ({
    ...{ type: "scatter", mode: "lines", hoverinfo: "skip" },
    x: [...ends],
    y: ends.map((end) => factor * end),
    ...look,
  });
  const edge = { color: "#888888", width: 1, dash: "dot" } as const;
  return [
    line(1 / 2, { line: edge, showlegend: false }),
    line(2, {
      ...{ line: edge, fill: "tonexty", fillcolor: "rgba(128, 128, 128, 0.15)" },
      name: "within a factor of 2",
    }),
    line(1, { line: { color: "#444444", width: 1.5 }, name: "as predicted" }),
  ];
}

function marks({ name, points }: PredictedSeries, index: number): Partial<ScatterData> {
  const { color, symbol } = seriesStyle(index);
  // After the seven looks the symbols come again, open.
  const open = Math.floor(index / 7) % 2 === 1 ? "-open" : "";
  return {
    type: "scatter",
    mode: "markers",
    name: plainText(name),
    x: points.map(({ predicted }) => predicted),
    y: points.map(({ measured }) => measured),
    marker: { color, symbol: `${symbol}${open}`, size: 9 },
    ...(points.some(({ interval }) => interval) && {
      error_y: {
        ...{ type: "data", symmetric: false, color, thickness: 1.5, width: 3 },
        array: points.map(({ measured, interval }) => (interval ? interval[1] - measured : 0)),
        arrayminus: points.map(({ measured, interval }) =>
          interval ? measured - Math.max(interval[0], measured / 100) : 0,
        ),
      },
    }),
  };
}
