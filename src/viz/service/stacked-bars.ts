import type { BarData } from "plotly.js-dist-min";
import { isObject, requireArgument } from "../../he-ml/arguments.js";
import { captioned } from "../captioned.js";
import { requireFinite, requireSome } from "../check.js";
import { plainText, type Figure } from "../figure.js";
import { seriesStyle, themed } from "../theme.js";

/** One bar: what it is of, and its parts by their keys. */
export interface StackedBar {
  readonly label: string;
  readonly parts: Readonly<Record<string, number>>;
}

export interface StackedBarsOptions {
  readonly title: string;
  /** What the figure says below its title. */
  readonly caption: string;
  /** Of the axis, with its unit. */
  readonly axis: string;
  /** Height in pixels for title, axis and legend, where many parts are to fit a narrow figure; 210 if left out. */
  readonly besideRows?: number;
  /** A part as it is read. */
  readonly format: (value: number) => string;
}

const rowHeight = 34;
/** For title, axis and legend; the parts' names take two rows on a telephone. */
const usualBesideRows = 210;

/**
 * @param parts keys of the parts and their names, in the order in which they are stacked
 * @throws InputError if there are no bars, two have one label, or a part is no number from 0 on
 */
export function requireBars(
  operation: string,
  bars: readonly StackedBar[],
  parts: Readonly<Record<string, string>>,
): void {
  const keys = Object.keys(parts);
  for (const { label, parts: values } of bars) {
    const isBar = typeof label === "string" && isObject(values) && keys.every((key) => key in values);
    requireArgument(operation, isBar, `a label, and ${keys.join(", ")} of each`, { label, values });
    requireFinite(
      operation,
      `parts of ${label}`,
      keys.map((key) => values[key]),
    );
    const isSize = keys.every((key) => values[key] >= 0);
    requireArgument(operation, isSize, `parts of ${label} from 0 on`, values);
  }
  const labels = bars.map(({ label }) => label);
  requireArgument(
    operation,
    new Set(labels).size === labels.length,
    "a label of its own for each bar",
    labels,
  );
}

/** Bars that lie, first on top, each made of the same parts one behind the other. */
export function stackedBars(
  bars: readonly StackedBar[],
  parts: Readonly<Record<string, string>>,
  { title, caption, axis, format, besideRows = usualBesideRows }: StackedBarsOptions,
): Figure {
  const labels = bars.map(({ label }) => plainText(label));
  return {
    data: Object.entries(parts).map(([key, name], index): Partial<BarData> => {
      const { color, pattern } = seriesStyle(index);
      return {
        type: "bar",
        orientation: "h",
        name,
        x: bars.map(({ parts: values }) => values[key]),
        y: labels,
        text: bars.map(({ parts: values }) => format(values[key])),
        textposition: "none",
        hovertemplate: `%{y}: ${name} %{text}<extra></extra>`,
        marker: { color, line: { color, width: 1 }, pattern: { shape: pattern, fillmode: "replace" } },
      };
    }),
    layout: themed({
      ...captioned(title, [plainText(caption)]),
      height: besideRows + rowHeight * bars.length,
      barmode: "stack",
      xaxis: { title: { text: axis }, rangemode: "tozero", exponentformat: "none", separatethousands: true },
      yaxis: { type: "category", categoryarray: labels, autorange: "reversed" },
      legend: { traceorder: "normal" },
      bargap: 0.3,
    }),
  };
}

/** @throws InputError unless it is a list with at least one object */
export function requireRequests(operation: string, requests: readonly unknown[]): void {
  requireSome(operation, "request", requests);
  const isRequests = requests.every(isObject);
  requireArgument(operation, isRequests, "requests, as { label, … } each", requests);
}

/** The largest part of a bar. */
export function largestPart({ parts }: StackedBar): [key: string, value: number] {
  return Object.entries(parts).reduce((largest, part) => (part[1] > largest[1] ? part : largest));
}

export const totalOf = ({ parts }: StackedBar): number =>
  Object.values(parts).reduce((sum, value) => sum + value, 0);

export const largestBar = (bars: readonly StackedBar[]): StackedBar =>
  bars.reduce((largest, bar) => (totalOf(bar) > totalOf(largest) ? bar : largest));
