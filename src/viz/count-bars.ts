import type { BarData } from "plotly.js-dist-min";
import { isList, requireArgument, requireOptions } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { plainText, type Figure } from "./figure.js";
import { logAxis } from "./log-axis.js";
import { seriesStyle, themed } from "./theme.js";

export interface CountBarsOptions {
  readonly title: string;
  /** What stands side by side, from left to right. */
  readonly places: { readonly title: string; readonly names: readonly string[] };
  /** The vertical axis; on a logarithmic one bars begin below the smallest count. */
  readonly counts: { readonly title: string; readonly log?: boolean };
  /** A count for each place, null where there is none. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

const operation = "countBars";

/**
 * Groups of bars, one group a place, with each count written above its bar; series differ in colour and pattern.
 *
 * @throws InputError if there is no count, one is below 0, or a series has not one for each place
 * @example
 * countBars({
 *   title: "Rotations", places: { title: "network", names: ["lenet1"] }, counts: { title: "rotations (count)" },
 *   series: [{ name: "planner", values: [43] }, { name: "by hand", values: [42] }],
 * });
 */
export function countBars(options: CountBarsOptions): Figure {
  const { title, places, counts, series } = requireOptions(operation, options);
  requireArgument(
    operation,
    isList(series) && isList(places?.names),
    "{ title, places, counts, series }",
    options,
  );
  const uneven = series.find(({ values }) => values.length !== places.names.length);
  if (uneven) {
    throw new InputError(
      `${operation}: "${uneven.name}": expected a count for each of ${places.names.length} places, got ${uneven.values.length}`,
    );
  }
  const there = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const bad = there.find((value) => !(value >= 0 && value < Infinity));
  if (there.length === 0 || bad !== undefined) {
    throw new InputError(
      `${operation}: expected counts from 0 on, got ${bad ?? "none"}; leave out what is not known`,
    );
  }
  const positive = there.filter((value) => value > 0);
  const range: [number, number] = [
    Math.log10(Math.min(...positive) / 2),
    Math.log10(Math.max(...positive) * 2.5),
  ];
  return {
    data: series.map(({ name, values }, index): Partial<BarData> => {
      const { color, pattern } = seriesStyle(index);
      return {
        type: "bar",
        name: plainText(name),
        x: places.names.map(plainText),
        y: [...values],
        text: values.map((value) => (value === null ? "" : String(value))),
        textposition: "outside",
        textangle: -90,
        constraintext: "none",
        cliponaxis: false,
        hovertemplate: `%{x}: %{text}<extra>${plainText(name)}</extra>`,
        marker: { color, line: { color, width: 1 }, pattern: { shape: pattern, fillmode: "replace" } },
      };
    }),
    layout: themed({
      title: { text: plainText(title) },
      height: 500,
      barmode: "group",
      bargap: 0.2,
      xaxis: { type: "category", title: { text: plainText(places.title) } },
      yaxis: {
        title: { text: plainText(counts.title) },
        ...(counts.log && positive.length > 0 ? { ...logAxis(positive), range } : { rangemode: "tozero" }),
      },
    }),
  };
}
