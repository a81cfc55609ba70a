import type { LayoutAxis, ScatterData, Shape } from "plotly.js-dist-min";
import type { CiphertextState, LayerTrace } from "../he-ml/layers/trace.js";
import type { Figure } from "./figure.js";
import { namedRuns, unitOf, type NamedTrace } from "./runs.js";
import { bandColor, palette, themed } from "./theme.js";

/** Layer k stands at x = k: its input is drawn this far to the left, its output as far to the right. */
const reach = 0.3;

interface Point {
  readonly x: number;
  readonly y: number;
  /** Where in the network, for the hover text. */
  readonly place: string;
}

/** What it reads of a trace: known in advance, too. */
export type ScaleTrace = Pick<LayerTrace, "name" | "kind" | "before" | "after" | "ops">;

/**
 * The scale, the modulus left and the level of the ciphertexts, followed through the layers of one run, from
 * each layer's input to its output. Between scale and modulus lies the headroom: the bits that are left for
 * the size of the values. Where a layer rescales by one prime, the scale that it reached before is shown too.
 *
 * @throws InputError if there are no traces.
 */
export function scalePerLayer(traces: readonly ScaleTrace[]): Figure {
  const [{ layers }] = namedRuns("scalePerLayer", traces as readonly LayerTrace[]);
  const peaks = layers.flatMap(scaleBeforeRescale);
  const scale = [...curve(layers, (state) => state.scaleBits), ...peaks].sort((a, b) => a.x - b.x);
  const modulus = curve(layers, (state) => state.modulusBits);
  const level = curve(layers, (state) => state.level);
  const unit = unitOf(traces as readonly LayerTrace[]);
  const scaleText = changes(scale).map((text, index) => (peaks.includes(scale[index]) ? "" : text));
  return {
    data: [
      { ...series("scale", scale, "bits"), ...looks.scale, text: scaleText },
      { ...series("modulus left", modulus, "bits"), ...looks.modulus, text: changes(modulus) },
      headroomKey,
      ...(peaks.length > 0 ? [peakSeries(peaks)] : []),
      { ...series("level: primes left", level, "primes"), ...looks.level },
    ],
    layout: themed({
      title: { text: `Scale, modulus and level per ${unit}` },
      height: 520,
      legend: { traceorder: "normal" },
      xaxis: layerNumberAxis(layers, unit),
      yaxis: { domain: [0.36, 1], rangemode: "tozero", title: { text: "size (bits)" } },
      yaxis2: { domain: [0, 0.26], rangemode: "tozero", dtick: 1, title: { text: "level (primes)" } },
      shapes: layers.flatMap((_, index) => (index % 2 === 0 ? [band(index)] : [])),
    }),
  };
}

function curve(layers: readonly NamedTrace[], valueOf: (state: CiphertextState) => number): Point[] {
  return layers.flatMap(({ layer, trace }, index) => [
    { x: index - reach, y: valueOf(trace.before), place: `into ${layer}` },
    { x: index + reach, y: valueOf(trace.after), place: `out of ${layer}` },
  ]);
}

/**
 * Rescaling divides the scale by the prime that it drops, so the scale before is known from the two states,
 * as long as no other prime was dropped without rescaling.
 */
function scaleBeforeRescale({ layer, trace }: NamedTrace, index: number): Point[] {
  const { before, after, ops } = trace;
  if (ops.rescale === 0 || before.level - after.level !== 1) return [];
  const y = after.scaleBits + before.modulusBits - after.modulusBits;
  return [{ x: index, y, place: `in ${layer}, before it rescales` }];
}

function series(name: string, points: readonly Point[], unit: "bits" | "primes"): Partial<ScatterData> {
  return {
    type: "scatter",
    name,
    x: points.map(({ x }) => x),
    y: points.map(({ y }) => y),
    customdata: points.map(({ place }) => place),
    hovertemplate: `${name} %{customdata}: %{y:.4~g} ${unit}<extra></extra>`,
    cliponaxis: false,
  };
}

function peakSeries(peaks: readonly Point[]): Partial<ScatterData> {
  const text = peaks.map(({ y }) => oneDecimal(y));
  return { ...series("scale before rescaling", peaks, "bits"), ...looks.peak, text };
}

/** The values as text, where they differ from the one before. */
function changes(points: readonly Point[]): string[] {
  const texts = points.map(({ y }) => oneDecimal(y));
  return texts.map((text, index) => (text === texts[index - 1] ? "" : text));
}

function oneDecimal(value: number): string {
  return String(Math.round(value * 10) / 10);
}

const looks = {
  scale: {
    mode: "lines+markers+text",
    textposition: "bottom center",
    line: { color: palette.vermillion, width: 3 },
    marker: { symbol: "circle", size: 9, color: palette.vermillion },
  },
  /** Filled down to the scale, the series before it. */
  modulus: {
    mode: "lines+markers+text",
    textposition: "top right",
    line: { color: palette.blue, width: 3, shape: "hv", dash: "dash" },
    marker: { symbol: "square", size: 9, color: palette.blue },
    fill: "tonexty",
    fillcolor: "rgba(86, 180, 233, 0.25)",
  },
  peak: {
    mode: "markers+text",
    textposition: "middle left",
    marker: { symbol: "triangle-up", size: 13, color: palette.black },
  },
  level: {
    mode: "lines+markers",
    yaxis: "y2",
    line: { color: palette.green, width: 3, shape: "hv" },
    marker: { symbol: "diamond", size: 9, color: palette.green },
  },
} as const satisfies Readonly<Record<string, Partial<ScatterData>>>;

/** The filled area as an entry of its own in the legend. */
const headroomKey: Partial<ScatterData> = {
  type: "scatter",
  mode: "markers",
  name: "headroom for the values",
  x: [null],
  y: [null],
  marker: { symbol: "square", size: 14, color: "rgba(86, 180, 233, 0.45)" },
};

function layerNumberAxis(layers: readonly NamedTrace[], unit: string): LayoutAxis {
  return {
    tickmode: "array",
    tickvals: layers.map((_, index) => index),
    ticktext: layers.map(({ layer }) => layer),
    range: [-0.5, layers.length - 0.5],
    anchor: "y2",
    showgrid: false,
    title: { text: unit },
  };
}

function band(index: number): Shape {
  return {
    type: "rect",
    yref: "paper",
    x0: index - 0.5,
    x1: index + 0.5,
    y0: 0,
    y1: 1,
    layer: "below",
    line: { width: 0 },
    fillcolor: bandColor,
  };
}
