import type { BarData } from "plotly.js-dist-min";
import type { LayerTrace } from "../he-ml/layers/trace.js";
import type { Figure } from "./figure.js";
import { layerAxis, layersInOrder, namedRuns, unitOfRuns, type NamedRun, type Traces } from "./runs.js";
import { seriesStyle, themed } from "./theme.js";
import { formatCount } from "./units.js";

const operationNames: Readonly<Record<keyof LayerTrace["ops"], string>> = {
  rotate: "rotations",
  multiplyPlain: "plaintext multiplications",
  multiply: "multiplications",
  square: "squares",
  relinearize: "relinearizations",
  rescale: "rescales",
  add: "additions",
};

/** Beside more bars than these the times are not written: they would overlap. */
const mostBarsWithText = 12;

/**
 * The time that each layer took, in milliseconds, one bar a layer and run; pointing at a bar shows how often
 * each homomorphic operation ran.
 *
 * @param traces The traces of a run, or several runs to compare.
 * @throws InputError if there are no traces.
 */
export function timePerLayer(traces: Traces): Figure {
  const runs = namedRuns("timePerLayer", traces);
  const layers = layersInOrder(runs);
  const unit = unitOfRuns(runs);
  const roomForText = layers.length * runs.length <= mostBarsWithText;
  const images = new Set(runs.flatMap(({ layers }) => layers.map(({ trace }) => trace.images)));
  return {
    data: runs.map((run, index) => timeSeries(run, index, roomForText)),
    layout: themed({
      title: {
        text: `Time per ${unit}${images.size === 1 ? `, ${formatCount([...images][0], "image")}` : ""}`,
      },
      xaxis: layerAxis(layers, unit),
      yaxis: {
        title: { text: "time (ms)" },
        rangemode: "tozero",
        exponentformat: "none",
        separatethousands: true,
      },
      bargap: 0.3,
    }),
  };
}

function timeSeries(run: NamedRun, index: number, roomForText: boolean): Partial<BarData> {
  const { color, pattern } = seriesStyle(index);
  const times = run.layers.map(({ trace }) => trace.milliseconds);
  return {
    type: "bar",
    name: run.label || "time",
    showlegend: run.label !== "",
    x: run.layers.map(({ layer }) => layer),
    y: times,
    text: times.map(threeDigits),
    textposition: roomForText ? "outside" : "none",
    textangle: 0,
    constraintext: "none",
    cliponaxis: false,
    customdata: run.layers.map(({ trace }) => describeOperations(trace.ops)),
    hovertemplate: `%{x}: %{text} ms<br>%{customdata}<extra>${run.label}</extra>`,
    marker: { color, line: { color, width: 1 }, pattern: { shape: pattern, fillmode: "replace" } },
  };
}

function threeDigits(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function describeOperations(ops: LayerTrace["ops"]): string {
  const formatCount = (Object.keys(operationNames) as (keyof LayerTrace["ops"])[]).filter(
    (name) => ops[name] > 0,
  );
  if (formatCount.length === 0) return "no homomorphic operation";
  return formatCount.map((name) => `${ops[name]} ${operationNames[name]}`).join("<br>");
}
