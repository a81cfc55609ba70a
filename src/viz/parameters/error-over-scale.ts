import type { ScatterData } from "plotly.js-dist-min";
import { InputError } from "../../he-ml/errors.js";
import type { TestedSet, TestReport } from "../../he-ml/parameters-tester/test-report.js";
import type { Figure } from "../figure.js";
import { logAxis } from "../log-axis.js";
import { palette, seriesStyle, themed } from "../theme.js";
import { inLines, legendName, numberOf, requireTestReport, setName } from "./tested-sets.js";

const operation = "errorOverScale";

/**
 * The largest error of a sweep's sets over the scale of their inputs, a line for sets that are alike otherwise; just as it was
 * measured, also where more bits give more error. Sets whose largest output moved to another place are drawn open; those that
 * failed are crosses at the top, which tell their reasons when they are pointed at.
 *
 * @param report what `testParameters` gives
 * @throws InputError if it is none, or no set has a scale
 * @example errorOverScale(await testParameters(network, images, sweep))
 */
export function errorOverScale(report: TestReport): Figure {
  requireTestReport(operation, report);
  const sets = report.results.filter((set) => numberOf(set, "scale_bits") !== undefined);
  if (sets.length === 0) {
    throw new InputError(
      `${operation}: expected sets with a scale, got none; sweep scale_bits over CKKS parameters`,
    );
  }
  const done = sets.filter(({ status, final_max_error: error }) => status === "done" && error! > 0);
  const failed = sets.filter(({ status }) => status === "failed");
  const errors = done.map(({ final_max_error: error }) => error!);
  const top = errors.length > 0 ? 3 * Math.max(...errors) : 1;
  const groups = grouped(done, groupOf(done));
  return {
    data: [
      ...groups.map(([name, group], index) => line(name, group, index)),
      ...(failed.length > 0 ? [crosses(failed, top)] : []),
    ],
    layout: themed({
      title: { text: "Error against scale" },
      showlegend: groups.length > 1 || failed.length > 0,
      xaxis: { title: { text: "scale of inputs (bits)" }, dtick: tickStep(sets) },
      yaxis: {
        ...logAxis(failed.length > 0 ? [...errors, top] : errors),
        title: { text: "largest error<br>(unit of the output)" },
      },
    }),
  };
}

function grouped(sets: readonly TestedSet[], nameOf: (set: TestedSet) => string): [string, TestedSet[]][] {
  const groups = new Map<string, TestedSet[]>();
  for (const set of sets) {
    const name = nameOf(set);
    groups.set(name, [...(groups.get(name) ?? []), set]);
  }
  return [...groups];
}

/** What sets of one line have in common: all but their scales, or all but scales and chain where each has a chain of its own. */
function groupOf(sets: readonly TestedSet[]): (set: TestedSet) => string {
  const withChain = (set: TestedSet) => setName(set, ["scale_bits", "weight_scale_bits"]);
  const isAlone = new Set(sets.map(withChain)).size === sets.length;
  return isAlone && sets.length > 1
    ? ({ parameters }) => `${parameters!.packing}, N ${parameters!.poly_modulus_degree}`
    : (set) =>
        withChain(set) + (sharesWeights(set, sets) ? `, weights 2^${set.parameters!.weight_scale_bits}` : "");
}

/** Whether a set of another input scale has the same scale of weights: in a sweep that holds it fixed. */
function sharesWeights({ parameters }: TestedSet, sets: readonly TestedSet[]): boolean {
  const { weight_scale_bits: weights, scale_bits: scale } = parameters!;
  return (
    weights !== undefined &&
    sets.some(({ parameters: other }) => other!.weight_scale_bits === weights && other!.scale_bits !== scale)
  );
}

function line(name: string, sets: readonly TestedSet[], index: number): Partial<ScatterData> {
  const { color, dash, symbol } = seriesStyle(index);
  const sorted = sets.toSorted((a, b) => numberOf(a, "scale_bits")! - numberOf(b, "scale_bits")!);
  return {
    type: "scatter",
    mode: "lines+markers",
    name: legendName(name),
    x: sorted.map((set) => numberOf(set, "scale_bits")!),
    y: sorted.map(({ final_max_error: error }) => error!),
    text: sorted.map((set) => {
      const { rms_error: rms, argmax_flips: flips = 0, images } = set;
      return (
        `${setName(set)}<br>rms ${rms === undefined ? "unknown" : rms.toPrecision(2)}` +
        (flips > 0 ? `<br>${flips} of ${images} images answered otherwise` : "")
      );
    }),
    hovertemplate: "2^%{x}: largest error %{y:.2~e}<br>%{text}<extra></extra>",
    line: { color, dash, width: 2 },
    marker: {
      color,
      symbol: sorted.map(({ argmax_flips: flips = 0 }) => (flips > 0 ? (`${symbol}-open` as const) : symbol)),
      size: 10,
      line: { width: 2, color },
    },
    cliponaxis: false,
  };
}

function crosses(sets: readonly TestedSet[], top: number): Partial<ScatterData> {
  return {
    type: "scatter",
    mode: "markers",
    name: "failed",
    x: sets.map((set) => numberOf(set, "scale_bits")!),
    y: sets.map(() => top),
    text: sets.map((set) => `${setName(set)}<br>${inLines(set.reason ?? "no reason given")}`),
    hovertemplate: "2^%{x}: %{text}<extra></extra>",
    marker: { color: palette.black, symbol: "x-thin-open", size: 11, line: { width: 2.5 } },
    cliponaxis: false,
  };
}

/** A label a bit where there are few, else one for every few. */
function tickStep(sets: readonly TestedSet[]): number {
  const scales = sets.map((set) => numberOf(set, "scale_bits")!);
  return Math.max(1, Math.ceil((Math.max(...scales) - Math.min(...scales)) / 10));
}
