import type { BarData } from "plotly.js-dist-min";
import { isList, requireArgument } from "../../he-ml/arguments.js";
import { requireFinite, requireSome } from "../check.js";
import { plainText, type Figure } from "../figure.js";
import { themed } from "../theme.js";

const operation = "confusionMatrix";

/**
 * How often each label was read as each class, a cell for each two, coloured by the share of the label's images.
 *
 * @param matrix a row for each label, a column for each prediction
 * @param classNames what each class is called; its number if left out
 * @throws InputError unless it is a square of counts
 * @example confusionMatrix([[48, 2], [1, 63]], ["malignant", "benign"])
 */
export function confusionMatrix(
  matrix: readonly (readonly number[])[],
  classNames?: readonly string[],
): Figure {
  requireArgument(operation, isList(matrix), "a list with a row for each label", matrix);
  requireSome(operation, "row", matrix);
  for (const row of matrix) {
    const isRow = isList(row) && row.length === matrix.length;
    requireArgument(operation, isRow, `rows of ${matrix.length} counts, one for each class`, row);
    requireFinite(operation, "counts", row);
  }
  const isNames = classNames === undefined || (isList(classNames) && classNames.length === matrix.length);
  requireArgument(
    `${operation}: classNames`,
    isNames,
    `a name for each of ${matrix.length} classes`,
    classNames,
  );
  const names = matrix.map((_, i) => plainText(String(classNames?.[i] ?? i)));
  const cells = matrix.flatMap((row, label) => {
    const all = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => ({ label, predicted, count, share: all === 0 ? 0 : count / all }));
  });
  const axis = { tickvals: names.map((_, i) => i), ticktext: names, showgrid: false };
  return {
    data: [bars(cells, names)],
    layout: themed({
      title: { text: "Labels, and what was read while encrypted" },
      barmode: "overlay",
      showlegend: false,
      height: 200 + 32 * names.length,
      xaxis: { ...axis, range: [-0.5, names.length - 0.5], title: { text: "encrypted prediction" } },
      yaxis: { ...axis, range: [names.length - 0.5, -0.5], title: { text: "label" } },
    }),
  };
}

interface Cell {
  readonly label: number;
  readonly predicted: number;
  readonly count: number;
  /** Of the label's images. */
  readonly share: number;
}

/** Drawn as bars on top of one another, which plotly draws as SVG, unlike its heat maps. */
function bars(cells: readonly Cell[], names: readonly string[]): Partial<BarData> {
  return {
    type: "bar",
    x: cells.map(({ predicted }) => predicted),
    y: cells.map(() => 1),
    base: cells.map(({ label }) => label - 0.5),
    width: 1,
    marker: {
      color: cells.map(({ share }) => share),
      colorscale: "Cividis",
      reversescale: true,
      cmin: 0,
      cmax: 1,
      line: { width: 1, color: "white" },
      showscale: true,
      colorbar: {
        title: { text: "share of the label's images", side: "right" },
        tickformat: ".0%",
        thickness: 14,
      },
    },
    text: cells.map(({ count }) => String(count)),
    textposition: "inside",
    insidetextanchor: "middle",
    textangle: 0,
    constraintext: "none",
    // Legible on Cividis, which goes from yellow at 0 to dark blue at 1.
    insidetextfont: { color: cells.map(({ share }) => (share > 0.55 ? "#FFFFFF" : "#111111")) },
    customdata: cells.map(({ label, predicted }) => `${names[label]}, read as ${names[predicted]}`),
    hovertemplate: "%{customdata}: %{text}<extra></extra>",
  } as Partial<BarData>;
}
