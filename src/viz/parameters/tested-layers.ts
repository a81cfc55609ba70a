import type { ScatterData } from "plotly.js-dist-min";
import { InputError } from "../../he-ml/errors.js";
import type {
  TestedLayer,
  TestedSet,
  TestedState,
  TestReport,
} from "../../he-ml/parameters-tester/test-report.js";
import { plainText, type Figure } from "../figure.js";
import { logAxis } from "../log-axis.js";
import { seriesStyle, themed } from "../theme.js";
import { legendName, requireTestReport, setName } from "./tested-sets.js";

const operation = "testedLayers";

/** Bits of an encryption that is left to compute with: BFV's noise budget, or CKKS's headroom. */
const roomOf = ({ noise_budget: budget, headroom_bits: headroom }: TestedState) => budget ?? headroom;

/**
 * Error and room that is left behind each layer, a line for each parameter set: above, the largest error against the plain
 * layer; below, BFV's noise budget, or the bits of headroom that CKKS has left at its level. A set that broke ends where it did.
 *
 * @param report what `testParameters` gives with `debug`, so that every layer is in it
 * @throws InputError if it is none, or has no layer
 * @example testedLayers(await testParameters(network, images, { ...sweep, debug: "y" }))
 */
export function testedLayers(report: TestReport): Figure {
  requireTestReport(operation, report);
  const sets = report.results.filter(({ layers }) => layers.length > 0);
  if (sets.length === 0) {
    throw new InputError(`${operation}: expected sets that got through a layer, got none; see their reasons`);
  }
  const places = placesOf(sets);
  const errors = sets.flatMap(({ layers }) => layers.map(({ max_error: error }) => error));
  return {
    data: sets.flatMap((set, index) => [errorLine(set, index), roomLine(set, index)]),
    layout: themed({
      title: { text: "Error and room per layer" },
      height: 520,
      showlegend: sets.length > 1,
      xaxis: {
        type: "category",
        categoryorder: "array",
        categoryarray: places,
        range: [-0.5, places.length - 0.5],
        anchor: "y2",
      },
      yaxis: { ...logAxis(errors), domain: [0.52, 1], title: { text: "largest error" } },
      yaxis2: { domain: [0, 0.44], rangemode: "tozero", title: { text: roomTitle(sets) } },
    }),
  };
}

function roomTitle(sets: readonly TestedSet[]): string {
  const schemes = new Set(sets.map(({ parameters }) => parameters?.scheme));
  if (!schemes.has("bfv")) return "headroom (bits)";
  return schemes.has("ckks") ? "budget or<br>headroom (bits)" : "noise budget (bits)";
}

/** A name that comes back in a set, say of a second re-encryption, gets a number. */
function namesOf(layers: readonly TestedLayer[]): string[] {
  const seen = new Map<string, number>();
  return layers.map(({ layer_name: name }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return plainText(count === 1 ? name : `${name} (${count})`);
  });
}

/** The input, then the layers of all sets in the order in which they are run. */
function placesOf(sets: readonly TestedSet[]): string[] {
  const order = ["input"];
  for (const { layers } of sets) {
    let next = 1;
    for (const name of namesOf(layers)) {
      const position = order.indexOf(name);
      if (position < 0) order.splice(next, 0, name);
      next = (position < 0 ? next : position) + 1;
    }
  }
  return order;
}

function errorLine(set: TestedSet, index: number): Partial<ScatterData> {
  const { layers } = set;
  return {
    ...look(set, index),
    x: namesOf(layers),
    y: layers.map(({ max_error: error }) => (error > 0 ? error : null)),
    text: layers.map(({ max_error_position: position, cipher_value: cipher, plain_value: plain }) => {
      const where = position.length > 1 ? ` at ${position.join(", ")}` : "";
      return `${number(cipher)} for ${number(plain)}${where}`;
    }),
    hovertemplate: `%{x}: largest error %{y:.2~e}<br>%{text}<extra>${setName(set)}</extra>`,
  };
}

function roomLine(set: TestedSet, index: number): Partial<ScatterData> {
  const { layers } = set;
  const states = [layers[0].before, ...layers.map(({ after }) => after)];
  return {
    ...look(set, index),
    showlegend: false,
    yaxis: "y2",
    x: ["input", ...namesOf(layers)],
    y: states.map(roomOf),
    text: states.map(({ level, scale_bits: scale }) =>
      [level === null ? "" : `level ${level}`, scale === null ? "" : `scale 2^${scale.toFixed(1)}`]
        .filter((text) => text !== "")
        .join(", "),
    ),
    hovertemplate: `%{x}: %{y:.1f} bits left<br>%{text}<extra>${setName(set)}</extra>`,
  };
}

/** In reports that were read from JSON, NaN and Infinity have become null. */
const number = (value: number | null) =>
  value === null ? "no number" : String(Number(value.toPrecision(4)));

function look(set: TestedSet, index: number): Partial<ScatterData> {
  const { color, dash, symbol } = seriesStyle(index);
  const name = legendName(setName(set) + (set.status === "failed" ? " (failed)" : ""));
  return {
    type: "scatter",
    mode: "lines+markers",
    name,
    legendgroup: String(index),
    line: { color, dash, width: 2 },
    marker: { color, symbol, size: 9 },
    connectgaps: false,
    cliponaxis: false,
  };
}
