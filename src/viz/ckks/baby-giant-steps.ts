import type { BarData } from "plotly.js-dist-min";
import { requireOptions } from "../../he-ml/arguments.js";
import { InputError } from "../../he-ml/errors.js";
import { captioned } from "../captioned.js";
import { requireFinite, requireSome } from "../check.js";
import type { Figure } from "../figure.js";
import { withSlider } from "../slider.js";
import { palette, themed } from "../theme.js";

/** One way to cut the diagonals of a matrix into baby and giant steps. */
export interface BabySize {
  /** So many diagonals share a giant step. */
  readonly babySize: number;
  /** What rotations and products take. */
  readonly milliseconds: number;
}

/** A square matrix whose diagonals are cut in several ways. */
export interface BabyGiantSweep {
  /** Rows and columns, from 2 to 16. */
  readonly size: number;
  readonly steps: readonly BabySize[];
}

const operation = "babyGiantSteps";
/** More would not be told apart on a telephone. */
const mostSize = 16;

/**
 * The diagonals of a matrix in baby and giant steps: weights of one colour share a giant step, and the number in each is its
 * baby step. Below it rotations and milliseconds for each baby size. A slider moves the baby size.
 *
 * @param start index of the baby size that is shown first
 * @throws InputError if the matrix is larger than 16 × 16, there is no baby size or one above the matrix's, or a time is not finite
 * @see Halevi and Shoup, "Faster Homomorphic Linear Transformations in HElib", CRYPTO 2018, https://eprint.iacr.org/2018/244
 * @example babyGiantSteps({ size: 4, steps: [{ babySize: 1, milliseconds: 6 }, { babySize: 2, milliseconds: 4 }] })
 */
export function babyGiantSteps(sweep: BabyGiantSweep, start = 0): Figure {
  const { size, steps } = requireOptions(operation, sweep);
  requireSome(operation, "baby size", steps);
  requireSizes(size, steps);
  return withSlider(
    "baby size:",
    steps.map(({ babySize, milliseconds }) => {
      const { babies, giants } = rotationsOf(size, babySize);
      return {
        label: String(babySize),
        figure: {
          data: [weights(size, babySize), ...bars(size, steps, babySize)],
          layout: themed({
            ...captioned(`${size} diagonals in baby and giant steps`, [
              `colour: giant step, number: baby step`,
              `${babies} + ${giants} = ${babies + giants} rotations, ${milliseconds.toFixed(1)} ms`,
            ]),
            height: 880,
            barmode: "stack",
            bargap: 0.25,
            xaxis: { anchor: "y", range: [-0.5, size - 0.5], title: { text: "column" }, showgrid: false },
            yaxis: {
              domain: [0.44, 1],
              range: [size - 0.5, -0.5],
              title: { text: "row" },
              showgrid: false,
            },
            xaxis2: { anchor: "y3", type: "category", title: { text: "baby size" } },
            yaxis2: { anchor: "x2", domain: [0.2, 0.34], title: { text: "rotations" } },
            yaxis3: { anchor: "x2", domain: [0, 0.14], title: { text: "ms" } },
          }),
        },
      };
    }),
    start,
  );
}

function requireSizes(size: number, steps: readonly BabySize[]): void {
  if (!Number.isInteger(size) || size < 2 || size > mostSize) {
    throw new InputError(
      `${operation}: expected a size from 2 to ${mostSize}, got ${String(size)}; draw a smaller matrix`,
    );
  }
  const bad = steps.find(({ babySize }) => !Number.isInteger(babySize) || babySize < 1 || babySize > size);
  if (bad) {
    throw new InputError(
      `${operation}: expected baby sizes from 1 to ${size}, got ${String(bad.babySize)}; cut ${size} diagonals`,
    );
  }
  requireFinite(
    operation,
    "milliseconds",
    steps.map(({ milliseconds }) => milliseconds),
  );
}

/** Step 0 is no rotation. */
const rotationsOf = (size: number, babySize: number) => ({
  babies: babySize - 1,
  giants: Math.ceil(size / babySize) - 1,
});

/** A cell for each weight, drawn as bars on top of one another, which plotly draws as SVG, unlike its heat maps. */
function weights(size: number, babySize: number): Partial<BarData> {
  const cells = Array.from({ length: size ** 2 }, (_, cell) => {
    const [row, column] = [Math.floor(cell / size), cell % size];
    const diagonal = (column - row + size) % size;
    return { row, column, baby: diagonal % babySize, giant: diagonal - (diagonal % babySize) };
  });
  return {
    type: "bar",
    showlegend: false,
    x: cells.map(({ column }) => column),
    y: cells.map(() => 1),
    base: cells.map(({ row }) => row - 0.5),
    width: 1,
    marker: {
      color: cells.map(({ giant }) => giant),
      colorscale: "Cividis",
      cmin: 0,
      cmax: size - 1,
      line: { width: 0.5, color: "white" },
      showscale: false,
    },
    text: cells.map(({ baby }) => String(baby)),
    textposition: "inside",
    insidetextanchor: "middle",
    textangle: 0,
    insidetextfont: { color: cells.map(({ giant }) => (giant > 0.55 * size ? "#111111" : "#FFFFFF")) },
    customdata: cells.map(({ giant, baby }) => `${giant} + ${baby}`),
    hovertemplate: "step of the diagonal: %{customdata}<extra></extra>",
  } as Partial<BarData>;
}

function bars(size: number, steps: readonly BabySize[], shown: number): readonly Partial<BarData>[] {
  const x = steps.map(({ babySize }) => String(babySize));
  const counts = steps.map(({ babySize }) => rotationsOf(size, babySize));
  const outline = { width: steps.map(({ babySize }) => (babySize === shown ? 2 : 0)), color: palette.black };
  const bar = (name: string, yaxis: string, y: readonly number[], tip: string, color: string) =>
    ({
      ...{ type: "bar", name, xaxis: "x2", yaxis, x, y: [...y] },
      hovertemplate: `${tip}<extra></extra>`,
      marker: { color, line: outline },
    }) as Partial<BarData>;
  const [babies, giants] = [counts.map(({ babies }) => babies), counts.map(({ giants }) => giants)];
  const milliseconds = steps.map((step) => step.milliseconds);
  return [
    bar("baby steps", "y2", babies, "%{y} baby steps", palette.blue),
    bar("giant steps", "y2", giants, "%{y} giant steps", palette.orange),
    bar("milliseconds", "y3", milliseconds, "%{y:.2f} ms", palette.green),
  ];
}
