import type { ScatterData } from "plotly.js-dist-min";
import { isList, requireArgument } from "../../he-ml/arguments.js";
import { InputError } from "../../he-ml/errors.js";
import type { TestedSet, TestReport } from "../../he-ml/parameters-tester/test-report.js";
import { captioned } from "../captioned.js";
import type { Figure } from "../figure.js";
import { logAxis } from "../log-axis.js";
import { withSlider } from "../slider.js";
import { palette, themed } from "../theme.js";
import { requireTestReport, setName } from "./tested-sets.js";

const operation = "sweepTradeOffs";

type Done = TestedSet &
  Required<Pick<TestedSet, "parameters" | "milliseconds" | "bytes" | "final_max_error">>;

/** What is set against the error, each in a plot of its own. */
const respects = [
  { axes: ["x", "y"], title: "time of the server (s)", of: secondsFor },
  { axes: ["x2", "y2"], title: "sent by the client, keys too (MB)", of: megabytesFor },
] as const;

type Respect = (typeof respects)[number];

/**
 * Error against time, and error against what is sent, of a sweep's sets that ran: a slider moves over how many images there are.
 * In packing `batch` a run costs the same for one image and for as many as there are slots. Each plot has a stair through the
 * sets that no other one beats in its two respects.
 *
 * @param report what `testParameters` gives
 * @param counts of images, at each of which the figure is drawn
 * @param start index of the count that is shown first
 * @throws InputError if it is none, no set of it ran, or a count is no whole number above 0
 * @example sweepTradeOffs(report, [1, 100, 4000])
 */
export function sweepTradeOffs(report: TestReport, counts: readonly number[], start = 0): Figure {
  requireTestReport(operation, report);
  const areCounts =
    isList(counts) && counts.length > 0 && counts.every((count) => Number.isInteger(count) && count > 0);
  requireArgument(operation, areCounts, "whole numbers of images above 0, at least one", counts);
  const done = report.results.filter(isDone);
  if (done.length === 0) {
    throw new InputError(`${operation}: expected a set that ran, got none; see the sets' reasons`);
  }
  const steps = counts.map((count) => ({ label: String(count), figure: drawn(done, count) }));
  return withSlider("images:", steps, start, roomOfAxis);
}

/** For the ticks and the title of the lower axis, in pixels. */
const roomOfAxis = 66;

const isDone = (set: TestedSet): set is Done =>
  set.status === "done" &&
  set.milliseconds !== undefined &&
  set.bytes !== undefined &&
  set.final_max_error! > 0;

/** How often a set is run for so many images, in units of the run that was measured. */
function runs({ parameters, images }: Done, count: number): number {
  if (parameters.packing !== "batch") return count / images;
  return Math.ceil(count / (parameters.poly_modulus_degree / 2));
}

function secondsFor(set: Done, count: number): number {
  return (set.milliseconds.evaluate * runs(set, count)) / 1000;
}

function megabytesFor(set: Done, count: number): number {
  return (set.bytes.evaluation_keys + set.bytes.input * runs(set, count)) / 1e6;
}

const packings = ["packed", "batch", "scalar"] as const;
const looks = {
  packed: { color: palette.blue, symbol: "circle" },
  batch: { color: palette.vermillion, symbol: "square" },
  scalar: { color: palette.green, symbol: "diamond" },
} as const;

function drawn(done: readonly Done[], count: number): Figure {
  const there = packings.filter((packing) => done.some(({ parameters }) => parameters.packing === packing));
  const errors = done.map(({ final_max_error: error }) => error);
  const errorAxis = { ...logAxis(errors), title: { text: "largest error" } };
  const [time, sent] = respects.map(({ title, of }) => ({
    ...logAxis(done.map((set) => of(set, count))),
    title: { text: title },
  }));
  return {
    data: respects.flatMap((respect, index) => [
      stair(done, count, respect, index === 0),
      ...there.map((packing) => points(done, count, respect, packing, index === 0)),
    ]),
    layout: themed({
      ...captioned("Error, time and upload", [
        `${count} image${count === 1 ? "" : "s"}; the stair: beaten by none in that plot`,
      ]),
      height: 720,
      xaxis: { ...time, anchor: "y" },
      yaxis: { ...errorAxis, domain: [0.58, 1] },
      xaxis2: { ...sent, anchor: "y2" },
      yaxis2: { ...errorAxis, domain: [0, 0.42] },
    }),
  };
}

function points(
  done: readonly Done[],
  count: number,
  { axes: [xaxis, yaxis], of }: Respect,
  packing: (typeof packings)[number],
  showlegend: boolean,
): Partial<ScatterData> {
  const sets = done.filter(({ parameters }) => parameters.packing === packing);
  return {
    ...({ type: "scatter", mode: "markers" } as const),
    ...{ xaxis, yaxis, name: packing, legendgroup: packing, showlegend },
    x: sets.map((set) => of(set, count)),
    y: sets.map(({ final_max_error: error }) => error),
    text: sets.map((set) => hover(set, count)),
    hovertemplate: "%{text}<extra></extra>",
    marker: { ...looks[packing], size: 10 },
    cliponaxis: false,
  };
}

const hover = (set: Done, count: number) =>
  [
    setName(set),
    `error ${set.final_max_error.toPrecision(2)}`,
    `${secondsFor(set, count).toPrecision(3)} s, ${megabytesFor(set, count).toPrecision(3)} MB`,
  ].join("<br>");

/** From left to right, each time that the error falls. */
function stair(
  done: readonly Done[],
  count: number,
  { axes: [xaxis, yaxis], of }: Respect,
  showlegend: boolean,
): Partial<ScatterData> {
  const sorted = done
    .map((set) => ({ at: of(set, count), error: set.final_max_error }))
    .sort((a, b) => a.at - b.at || a.error - b.error);
  let least = Infinity;
  const steps = sorted.filter(({ error }) => {
    if (error >= least) return false;
    least = error;
    return true;
  });
  return {
    ...({ type: "scatter", mode: "lines" } as const),
    ...{ xaxis, yaxis, name: "beaten by none", legendgroup: "front", showlegend },
    x: steps.map(({ at }) => at),
    y: steps.map(({ error }) => error),
    hoverinfo: "skip",
    line: { color: palette.black, width: 2, shape: "hv", dash: "dot" },
  };
}
