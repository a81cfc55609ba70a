import type { Annotation, ScatterData, Shape } from "plotly.js-dist-min";
import type { Figure } from "./figure.js";
import { layerAxis, layersInOrder, namedRuns, type NamedRun, type NamedTrace, type Traces } from "./runs.js";
import { seriesStyle, themed } from "./theme.js";

const statistics = [
  { field: "maxAbs", name: "maximum", dash: "solid", open: "" },
  { field: "mean", name: "mean", dash: "dot", open: "-open" },
] as const;

type Statistic = (typeof statistics)[number];

/**
 * The maximum and the mean absolute error of each layer against the plain twin, in the unit of the layer's
 * values, on a logarithmic axis. Layers without an error are left out. Such an axis has no place for an error
 * of exactly 0, nor for one that is no finite number: the figure says in words where they are.
 *
 * @param traces The traces of a run, or several runs to compare.
 * @throws RangeError if there are no traces, or none of them has an error.
 * @example errorPerLayer([{ label: "16-bit weights", traces: a }, { label: "18-bit weights", traces: b }])
 */
export function errorPerLayer(traces: Traces): Figure {
  const found = namedRuns("errorPerLayer", traces).map(withErrors);
  const layers = layersInOrder(found);
  const runs = found.map((run) => inAxisOrder(run, layers));
  if (layers.length === 0) {
    throw new RangeError(
      "errorPerLayer: expected a trace with an error, got none; an error is measured only where the secret key " +
        "and the plain model are at hand",
    );
  }
  const zeroLevel = levelOfZero(runs);
  const hasZero = errorsOf(runs).includes(0);
  return {
    data: runs.flatMap((run, index) => statistics.map((each) => errorSeries(run, index, each, zeroLevel))),
    layout: themed({
      title: { text: "Error against the plain model" },
      xaxis: layerAxis(layers),
      yaxis: {
        type: "log",
        exponentformat: "power",
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

/** Lines run from left to right also where two networks have layers of the same names in another order. */
function inAxisOrder(run: NamedRun, layers: readonly string[]): NamedRun {
  const position = ({ layer }: NamedTrace) => layers.indexOf(layer);
  return { ...run, layers: run.layers.toSorted((a, b) => position(a) - position(b)) };
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
  index: number,
  { field, name, dash, open }: Statistic,
  zeroLevel: number,
): Partial<ScatterData> {
  const { color, symbol } = seriesStyle(index);
  const errors = run.layers.map(({ trace }) => trace.error![field]);
  return {
    type: "scatter",
    mode: "lines+markers",
    name: run.label ? `${run.label}: ${name}` : `${name} absolute error`,
    x: run.layers.map(({ layer }) => layer),
    y: errors.map((error) => (error === 0 ? zeroLevel : Number.isFinite(error) ? error : null)),
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
