import type { BarData } from "plotly.js-dist-min";
import { captioned } from "./captioned.js";
import { requireFinite, requireSome } from "./check.js";
import { plainText, type Figure } from "./figure.js";
import { palette, themed } from "./theme.js";

/** One measured value. */
export interface MeasuredBar {
  readonly label: string;
  readonly value: number;
  /** From where to where it may be; drawn as a line at the bar's end. */
  readonly interval?: readonly [low: number, high: number];
}

export interface MeasuredBarsOptions {
  readonly title: string;
  readonly caption: string;
  /** Of the axis, with its unit. */
  readonly axis: string;
}

const rowHeight = 34;
const besideRows = 170;

/**
 * Bars that lie, first on top, with the interval of each value.
 *
 * @throws InputError if there are none, or a value is no number
 * @example
 * measuredBars([{ label: "packed", value: 0.3, interval: [0.2, 0.4] }], { title: "Latency", caption: "", axis: "time (s)" });
 */
export function measuredBars(
  bars: readonly MeasuredBar[],
  { title, caption, axis }: MeasuredBarsOptions,
): Figure {
  const operation = "measuredBars";
  requireSome(operation, "bar", bars);
  requireFinite(
    operation,
    "values",
    bars.flatMap(({ value, interval = [value, value] }) => [value, ...interval]),
  );
  const labels = bars.map(({ label }) => plainText(label));
  const ends = bars.map(({ value, interval = [value, value] }) => ({
    below: value - interval[0],
    above: interval[1] - value,
  }));
  const drawn: Partial<BarData> = {
    type: "bar",
    orientation: "h",
    x: bars.map(({ value }) => value),
    y: labels,
    marker: { color: palette.sky, line: { color: palette.black, width: 1 } },
    error_x: {
      type: "data",
      symmetric: false,
      array: ends.map(({ above }) => above),
      arrayminus: ends.map(({ below }) => below),
      color: palette.black,
      thickness: 1.5,
      width: 4,
    },
  };
  return {
    data: [drawn],
    layout: themed({
      ...captioned(title, [plainText(caption)]),
      height: besideRows + rowHeight * bars.length,
      showlegend: false,
      xaxis: {
        title: { text: axis },
        exponentformat: "none",
        separatethousands: true,
        rangemode: "tozero",
      },
      yaxis: { type: "category", categoryarray: labels, autorange: "reversed" },
      bargap: 0.3,
    }),
  };
}
