import type { BarData, LayoutAxis, Shape } from "plotly.js-dist-min";
import { InputError } from "../../he-ml/errors.js";
import { captioned } from "../captioned.js";
import { requireLength, requireSome } from "../check.js";
import { plainText, type Figure } from "../figure.js";
import { withSlider } from "../slider.js";
import { seriesStyle, themed } from "../theme.js";

/** A polynomial before and after an operation: its coefficients from that of X^0 on, in any range. */
export interface PolynomialStep {
  /** What was done, such as "times X". */
  readonly operation: string;
  readonly before: readonly (number | bigint)[];
  readonly after: readonly (number | bigint)[];
}

const name = "polynomialBars";

/** Bars with their numbers on them are told apart up to here. */
const mostWithNumbers = 16;

/**
 * The coefficients of a small polynomial modulo q as bars, before and after an operation. Each is drawn as the integer
 * nearest to 0 that it is congruent to, from −q/2 to q/2: what runs over one end comes in at the other. Several
 * operations get a slider.
 *
 * @param modulus q
 * @param start index of the operation that is shown first
 * @throws InputError if there is no operation, polynomials differ in length, a coefficient is no integer, or q is below 2
 * @example polynomialBars(97, [{ operation: "times X", before: [1, 2, 3, 4], after: [-4, 1, 2, 3] }])
 */
export function polynomialBars(
  modulus: number | bigint,
  steps: readonly PolynomialStep[],
  start = 0,
): Figure {
  requireSome(name, "operation", steps);
  const q = toInteger("modulus", modulus);
  if (q < 2n) throw new InputError(`${name}: expected a modulus of at least 2, got ${q}; give the ring's q`);
  const [{ before: first }] = steps;
  requireSome(name, "coefficient", first);
  const half = Number(q) / 2;
  const values: LayoutAxis = {
    range: [-1.4 * half, 1.4 * half],
    tickvals: [-half, 0, half],
    ticktext: ["−q/2", "0", "q/2"],
    showgrid: false,
    zeroline: true,
  };
  return withSlider(
    "operation:",
    steps.map(({ operation, before, after }, index) => {
      requireLength(name, `coefficients before "${operation}"`, before, first.length);
      requireLength(name, `coefficients after "${operation}"`, after, first.length);
      return {
        label: String(index + 1),
        figure: {
          data: [bars("before", before, q, 0), bars("after", after, q, 1)],
          layout: themed({
            ...captioned("Coefficients modulo q", [`q = ${q}: ${plainText(operation)}`]),
            height: 560,
            bargap: 0.25,
            showlegend: false,
            xaxis: { ...powersOfX(first.length), anchor: "y2" },
            yaxis: { ...values, domain: [0.56, 1], title: { text: "before" } },
            yaxis2: { ...values, domain: [0, 0.44], title: { text: "after" } },
            shapes: (["y", "y2"] as const).flatMap((axis) => [-half, half].map((side) => beyond(axis, side))),
          }),
        },
      };
    }),
    start,
  );
}

function bars(when: string, coefficients: PolynomialStep["before"], q: bigint, row: 0 | 1): Partial<BarData> {
  const { color, pattern } = seriesStyle(row);
  const centred = coefficients.map((coefficient) => centre(toInteger("coefficient", coefficient), q));
  return {
    type: "bar",
    name: when,
    yaxis: row === 0 ? "y" : "y2",
    x: coefficients.map((_, power) => power),
    y: centred.map(Number),
    text:
      coefficients.length > mostWithNumbers
        ? undefined
        : centred.map((value) => String(value).replace("-", "−")),
    textposition: "outside",
    cliponaxis: false,
    hovertemplate: `${when}: %{y} · X^%{x}<extra></extra>`,
    marker: { color, line: { color, width: 1 }, pattern: { shape: pattern, fillmode: "replace" } },
  };
}

function toInteger(what: string, value: number | bigint): bigint {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return BigInt(value);
  throw new InputError(
    `${name}: expected an integer as ${what}, got ${value}; round it first, or give a bigint`,
  );
}

/** The representative modulo q from −q/2 to q/2. */
function centre(value: bigint, q: bigint): bigint {
  const least = ((value % q) + q) % q;
  return 2n * least > q ? least - q : least;
}

function powersOfX(count: number): LayoutAxis {
  const every = Math.ceil(count / mostWithNumbers);
  const powers = Array.from({ length: Math.ceil(count / every) }, (_, index) => index * every);
  return {
    tickmode: "array",
    tickvals: powers,
    ticktext: powers.map((power) => (power === 0 ? "1" : power === 1 ? "X" : `X<sup>${power}</sup>`)),
    tickangle: 0,
  };
}

/** Where no number modulo q lies: what would come here comes in at the other side. */
function beyond(yref: "y" | "y2", half: number): Partial<Shape> {
  return {
    type: "rect",
    layer: "below",
    xref: "paper",
    yref,
    x0: 0,
    x1: 1,
    y0: half,
    y1: 1.4 * half,
    line: { width: 0 },
    fillcolor: "rgba(128, 128, 128, 0.2)",
  };
}
