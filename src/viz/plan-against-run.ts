import { requireArgument } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import type { BarData, Data, ScatterData } from "plotly.js-dist-min";
import type { LayerTrace } from "../he-ml/layers/trace.js";
import type { Explanation } from "../he-ml/program/explain.js";
import { requireTraces } from "./check.js";
import { plainText, type Figure } from "./figure.js";
import { logAxis } from "./log-axis.js";
import { layerAxis } from "./runs.js";
import { seriesStyle, themed } from "./theme.js";
import { formatCount } from "./units.js";

/** Beside the bars of more stages than these the times are not written: they would overlap. */
const mostStagesWithText = 5;

/**
 * A run laid over its prediction: the time of each stage above, its error below. The error is the root mean square,
 * and shows only where the traces have one.
 *
 * @param explanation what `explainPlan` told before the run
 * @param traces of a run of one image
 * @throws InputError if the traces are of other stages
 */
export function planAgainstRun(explanation: Explanation, traces: readonly LayerTrace[]): Figure {
  requireArgument("planAgainstRun", Array.isArray(explanation?.stages), "what explain gives", explanation);
  requireTraces("planAgainstRun", traces);
  const planned = explanation.stages;
  if (planned.map(({ name }) => name).join() !== traces.map(({ name }) => name).join()) {
    throw new InputError(
      `planAgainstRun: expected the traces of stages ${planned.map(({ name }) => name).join(", ")}, ` +
        `got ${traces.map(({ name }) => name).join(", ") || "none"}`,
    );
  }
  const stages = planned.map(({ name }) => plainText(name));
  const measuredErrors = traces.map(({ error }) => error?.rms ?? null);
  const hasErrors = measuredErrors.some((error) => error !== null);
  const data: Data[] = [
    bars(
      "predicted",
      0,
      stages,
      planned.map((stage) => stage.predictedMilliseconds),
    ),
    bars(
      "measured",
      1,
      stages,
      traces.map(({ milliseconds }) => milliseconds),
    ),
  ];
  if (hasErrors) {
    data.push(
      points(
        "predicted",
        0,
        stages,
        planned.map((stage) => stage.predictedRmsError),
      ),
      points("measured", 1, stages, measuredErrors),
    );
  }
  const images = traces[0].images;
  return {
    data,
    layout: themed({
      title: {
        text: `${plainText(explanation.model)}: the plan and the run, ${formatCount(images, "image")}`,
      },
      height: hasErrors ? 640 : 420,
      xaxis: { ...layerAxis(stages, "stage"), anchor: hasErrors ? "y2" : "y" },
      yaxis: { title: { text: "time (ms)" }, rangemode: "tozero", domain: [hasErrors ? 0.56 : 0, 1] },
      ...(hasErrors && {
        yaxis2: {
          ...logAxis([...measuredErrors, ...planned.map((stage) => stage.predictedRmsError)]),
          title: { text: "rms error" },
          domain: [0, 0.44],
        },
      }),
      bargap: 0.3,
    }),
  };
}

function bars(name: string, index: number, x: string[], y: number[]): Partial<BarData> {
  const { color, pattern } = seriesStyle(index);
  return {
    type: "bar",
    name,
    x,
    y,
    text: y.map((milliseconds) => String(Number(milliseconds.toPrecision(3)))),
    textposition: x.length <= mostStagesWithText ? "outside" : "none",
    textangle: 0,
    constraintext: "none",
    cliponaxis: false,
    hovertemplate: `%{x}: %{text} ms<extra>${name}</extra>`,
    marker: { color, line: { color, width: 1 }, pattern: { shape: pattern, fillmode: "replace" } },
  };
}

function points(name: string, index: number, x: string[], y: (number | null)[]): Partial<ScatterData> {
  const { color, symbol } = seriesStyle(index);
  return {
    type: "scatter",
    mode: "lines+markers",
    name,
    showlegend: false,
    x,
    y,
    yaxis: "y2",
    hovertemplate: `%{x}: %{y:.2e}<extra>${name}</extra>`,
    line: { color, width: 2 },
    marker: { color, symbol, size: 10 },
    cliponaxis: false,
  };
}
