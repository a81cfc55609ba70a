import type { BarData, LayoutAxis, ScatterData } from "plotly.js-dist-min";
import { requireArgument, requireOptions } from "../../he-ml/arguments.js";
import { InputError } from "../../he-ml/errors.js";
import type { TestedSet, TestReport } from "../../he-ml/parameters-tester/test-report.js";
import type { Figure } from "../figure.js";
import { palette, themed } from "../theme.js";
import { errorText } from "../units.js";
import { inLines, numberOf, requireTestReport, setName, setNumbers, type SetNumber } from "./tested-sets.js";

const operation = "sweepHeatMap";

export interface SweepHeatMapOptions {
  /** The parameter that runs to the right; the scale of inputs if left out. */
  readonly x?: SetNumber;
  /** The parameter that runs upwards; the scale of weights if left out. */
  readonly y?: SetNumber;
}

/**
 * The largest error of a sweep over two parameters, a cell for each set, on a logarithmic scale of colour. Sets that failed are
 * crosses, which tell their reasons when they are pointed at; what was not run is left empty.
 *
 * @param report what `testParameters` gives
 * @throws InputError if it is none, no set has both parameters, or two sets have the same two
 * @example sweepHeatMap(report, { x: "scale_bits", y: "weight_scale_bits" })
 */
export function sweepHeatMap(report: TestReport, options: SweepHeatMapOptions = {}): Figure {
  requireTestReport(operation, report);
  const { x = "scale_bits", y = "weight_scale_bits" } = requireOptions(operation, options);
  for (const name of [x, y]) {
    const isName = typeof name === "string" && Object.hasOwn(setNumbers, name);
    requireArgument(operation, isName, `one of ${Object.keys(setNumbers).join(", ")}`, name);
  }
  const cells = report.results.flatMap((set) => {
    const at = [numberOf(set, x), numberOf(set, y)] as const;
    return at[0] === undefined || at[1] === undefined ? [] : [{ set, x: at[0], y: at[1] }];
  });
  requireOneEach(cells, x, y);
  const [columns, rows] = [cells.map((cell) => cell.x), cells.map((cell) => cell.y)].map(distinct);
  const placed = cells.map((cell) => ({
    set: cell.set,
    x: columns.indexOf(cell.x),
    y: rows.indexOf(cell.y),
  }));
  const done = placed.filter(({ set }) => set.status === "done" && set.final_max_error! > 0);
  const failed = placed.filter(({ set }) => set.status === "failed");
  return {
    data: [...(done.length > 0 ? [heat(done)] : []), ...(failed.length > 0 ? [crosses(failed)] : [])],
    layout: themed({
      title: { text: "Largest error of each set" },
      barmode: "overlay",
      showlegend: false,
      xaxis: gridAxis(columns, setNumbers[x]),
      yaxis: gridAxis(rows, setNumbers[y]),
    }),
  };
}

interface Cell {
  readonly set: TestedSet;
  readonly x: number;
  readonly y: number;
}

function requireOneEach(cells: readonly Cell[], x: SetNumber, y: SetNumber): void {
  if (cells.length === 0) {
    throw new InputError(
      `${operation}: expected sets with ${x} and ${y}, got none; sweep both, or name others`,
    );
  }
  const seen = new Set<string>();
  for (const cell of cells) {
    const place = `${x} ${cell.x} and ${y} ${cell.y}`;
    if (seen.has(place)) {
      throw new InputError(
        `${operation}: expected one set for each place, got two with ${place}; give a report with the sets that differ in ` +
          `these two alone`,
      );
    }
    seen.add(place);
  }
}

/** Drawn as bars on top of one another, which plotly draws as SVG, unlike its heat maps. */
function heat(cells: readonly Cell[]): Partial<BarData> {
  const logs = cells.map(({ set }) => Math.log10(set.final_max_error!));
  const [least, most] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
  const powers = Array.from({ length: Math.max(2, most - least + 1) }, (_, i) => least + i);
  return {
    type: "bar",
    x: cells.map(({ x }) => x),
    y: cells.map(() => 1),
    base: cells.map(({ y }) => y - 0.5),
    width: 1,
    marker: {
      color: logs,
      colorscale: "Cividis",
      reversescale: true,
      cmin: powers[0],
      cmax: powers.at(-1),
      line: { width: 1, color: "white" },
      showscale: true,
      colorbar: {
        title: { text: "largest error", side: "right" },
        tickvals: powers,
        ticktext: powers.map((power) => `10<sup>${power}</sup>`),
        thickness: 14,
      },
    },
    text: cells.map(({ set }) => errorText(set.final_max_error!)),
    textposition: "inside",
    insidetextanchor: "middle",
    textangle: 0,
    insidetextfont: { color: logs.map((log) => textColor((log - powers[0]) / (powers.at(-1)! - powers[0]))) },
    customdata: cells.map(({ set }) => setName(set)),
    hovertemplate: "%{customdata}<br>largest error %{text}<extra></extra>",
  } as Partial<BarData>;
}

/** Legible on Cividis, which goes from yellow at 0 to dark blue at 1; its grey in the middle takes black better. */
const textColor = (share: number) => (share > 0.55 ? "#FFFFFF" : "#111111");

function crosses(cells: readonly Cell[]): Partial<ScatterData> {
  return {
    type: "scatter",
    mode: "markers",
    x: cells.map(({ x }) => x),
    y: cells.map(({ y }) => y),
    text: cells.map(({ set }) => `${setName(set)}<br>${inLines(set.reason ?? "no reason given")}`),
    hovertemplate: "failed: %{text}<extra></extra>",
    marker: { color: palette.black, symbol: "x-thin-open", size: 14, line: { width: 2.5 } },
  };
}

const distinct = (values: readonly number[]) => [...new Set(values)].sort((a, b) => a - b);

/** A place for each value, however far they lie apart. */
function gridAxis(values: readonly number[], title: string): Partial<LayoutAxis> {
  return {
    title: { text: title },
    tickvals: values.map((_, i) => i),
    ticktext: values.map(String),
    range: [-0.5, values.length - 0.5],
    showgrid: false,
  };
}
