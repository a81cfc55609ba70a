import { InputError } from "../he-ml/errors.js";
import type { Annotation, ScatterData, Shape } from "plotly.js-dist-min";
import type { Figure } from "./figure.js";
import { logAxis } from "./log-axis.js";
import { layerAxis, layersInOrder, namedRuns, unitOfRuns, type NamedRun, type Traces } from "./runs.js";
import { seriesStyle, themed } from "./theme.js";

const statistics = [
  { field: "maxAbs", name: "maximum", dash: "solid", open: "" },
  { field: "mean", name: "mean", dash: "dot", open: "-open" },
] as const;

type Statistic = (typeof statistics)[number];

/**
 * The maximum and the mean absolute error of each layer against the plain twin, in the unit of the layer's
 * values, on a logarithmic axis. Layers without an error are left out. Such an axis has no place for an error
 * of exactly 0, nor for one that is no finite number: the figure says in words where they are. A line ends where a
 * run has no value for the next layer: a fused stage has one error, where it ends.
 *
 * @param traces The traces of a run, or several runs to compare.
 * @throws InputError if there are no traces, or none of them has an error.
 * @example errorPerLayer([{ label: "16-bit weights", traces: a }, { label: "18-bit weights", traces: b }])
 */
export function errorPerLayer(traces: Traces): Figure {
  const runs = namedRuns("errorPerLayer", traces).map(withErrors);
  const layers = layersInOrder(runs);
  if (layers.length === 0) {
    throw new InputError(
      "errorPerLayer: expected a trace with an error, got none; an error is measured only where the secret key " +
        "and the plain model are at hand",
    );
  }
  const zeroLevel = levelOfZero(runs);
  const hasZero = errorsOf(runs).includes(0);
  return {
    data: runs.flatMap((run, index) =>
      statistics.map((each) => errorSeries(run, layers, index, each, zeroLevel)),
    ),
    layout: themed({
      title: { text: "Error against the plain model" },
      xaxis: layerAxis(layers, unitOfRuns(runs)),
      yaxis: {
        ...logAxis(hasZero ? [zeroLevel, ...errorsOf(runs)] : errorsOf(runs)),
        title: { text: "absolute error<br>(unit of the values)" },
      },
      shapes: hasZero ? [zeroLine(zeroLevel)] : [],
      annotations: [...(hasZero ? [zeroLabel(zeroLevel)] : []), ...notFiniteLabels(runs, layers)],
    }),
  };
}

function withErrors(run: NamedRun): NamedRun {
  return { ...run, layers: run.layers.filter(({ trace }) => trace.error) };
}

function errorsOf(runs: readonly NamedRun[]): number[] {
  return runs.flatMap(({ layers }) =>
    layers.flatMap(({ trace }) => statistics.map(({ field }) => trace.error![field])),
  );
}

/** Where on the axis errors of exactly 0 are drawn: a decade below the smallest other error. */
function levelOfZero(runs: readonly NamedRun[]): number {
  const positive = errorsOf(runs).filter((error) => error > 0 && Number.isFinite(error));
  return positive.length === 0 ? 1e-16 : Math.min(...positive) / 10;
}

function errorSeries(
  run: NamedRun,
  layers: readonly string[],
  index: number,
  { field, name, dash, open }: Statistic,
  zeroLevel: number,
): Partial<ScatterData> {
  const { color, symbol } = seriesStyle(index);
  const byLayer = new Map(run.layers.map(({ layer, trace }) => [layer, trace.error![field]]));
  const errors = layers.map((layer) => byLayer.get(layer) ?? null);
  return {
    type: "scatter",
    mode: "lines+markers",
    name: run.label ? `${run.label}: ${name}` : `${name} absolute error`,
    x: [...layers],
    y: errors.map((error) => (error === 0 ? zeroLevel : Number.isFinite(error) ? error : null)),
    connectgaps: false,
    customdata: errors.map((error) => (error === 0 ? "exactly 0" : fourDigits(error))),
    hovertemplate: `%{x}: ${name} error %{customdata}<extra>${run.label}</extra>`,
    line: { color, dash, width: 2 },
    marker: { color, symbol: `${symbol}${open}`, size: 10, line: { width: 2, color } },
    cliponaxis: false,
  };
}

/** In traces that were read from JSON, NaN and Infinity have become null; they have no point to be pointed at. */
function fourDigits(error: number | null): string {
  return error === null ? "" : String(Number(error.toPrecision(4)));
}

function zeroLine(level: number): Shape {
  return {
    type: "line",
    xref: "paper",
    x0: 0,
    x1: 1,
    y0: level,
    y1: level,
    line: { dash: "dot", width: 1, color: "#666666" },
    layer: "below",
  };
}

function zeroLabel(level: number): Annotation {
  return {
    text: "exactly 0",
    xref: "paper",
    x: 1,
    xanchor: "right",
    // On a logarithmic axis an annotation is placed by its exponent, unlike a shape.
    y: Math.log10(level),
    yanchor: "bottom",
    showarrow: false,
  };
}

function notFiniteLabels(runs: readonly NamedRun[], layers: readonly string[]): Annotation[] {
  const bad = new Set(
    runs
      .flatMap((run) => run.layers)
      .filter(({ trace }) => statistics.some(({ field }) => !Number.isFinite(trace.error![field])))
      .map(({ layer }) => layer),
  );
  return [...bad].map((layer) => ({
    text: "not finite",
    // By its number: as an annotation's place, plotly would take a layer named "0" for the first one.
    x: layers.indexOf(layer),
    yref: "paper",
    y: 1,
    yanchor: "top",
    showarrow: false,
  }));
}
