import type { BarData, ScatterData, Shape, UpdateMenu } from "plotly.js-dist-min";
import { InputError } from "../../he-ml/errors.js";
import { captioned } from "../captioned.js";
import { requireFinite, requireLength, requireSome } from "../check.js";
import { plainText, type Figure } from "../figure.js";
import { withSlider } from "../slider.js";
import { palette, themed } from "../theme.js";
import { errorText } from "../units.js";

/** What encoding at one scale gives. */
export interface EncodingStep {
  /** log2 of the scale. */
  readonly scaleBits: number;
  /** The polynomial's N coefficients times the scale, before they are rounded. */
  readonly coefficients: readonly number[];
  /** The same after rounding: the plaintext. */
  readonly rounded: readonly (number | bigint)[];
  /** |decoded − value| of each of the N / 2 slots. */
  readonly slotErrors: readonly number[];
}

/** Values, and what encoding them gives at each scale. */
export interface EncodingSweep {
  /** What the values are, such as "all ones". */
  readonly values: string;
  readonly steps: readonly EncodingStep[];
}

const operation = "encodingError";

/**
 * What rounding costs when values are encoded: the scaled coefficients before and after it, what it adds to each (at
 * most ½), and the error that this leaves in each slot. A slider moves the scale; a menu chooses among several values.
 *
 * @param sweeps all with the same scales and the same N
 * @param start index of the scale that is shown first
 * @throws InputError if there is no sweep or step, or a list has a wrong length or holds what is not finite
 * @example encodingError([{ values: "1, 2, 3, 4", steps: [{ scaleBits: 4, coefficients, rounded, slotErrors }] }])
 */
export function encodingError(sweeps: readonly EncodingSweep[], start = 0): Figure {
  requireSome(operation, "sweep", sweeps);
  for (const sweep of sweeps) requireSome(operation, "step", sweep.steps);
  const [{ steps }] = sweeps;
  requireSome(operation, "coefficient", steps[0].coefficients);
  for (const sweep of sweeps) requireSweep(sweep, steps);
  const N = steps[0].coefficients.length;
  const errors = sweeps.flatMap((sweep) => sweep.steps.flatMap(({ slotErrors }) => slotErrors));
  const [least, most] = powersOfTenAround(errors);
  return withSlider(
    "scale:",
    steps.map(({ scaleBits }, step) => ({
      label: `2^${scaleBits}`,
      figure: {
        data: sweeps.flatMap((sweep, index) => series(sweep.steps[step], index === 0)),
        layout: themed({
          ...captioned(
            "Rounding when values are encoded",
            [`N = ${N}, scale 2^${scaleBits} = ${2 ** scaleBits}`],
            sweeps.length > 1 ? "menu" : "plot",
          ),
          height: 680,
          bargap: 0.3,
          barmode: "overlay",
          ...(sweeps.length > 1 && { updatemenus: [valuesMenu(sweeps)] }),
          xaxis: {
            anchor: "y2",
            dtick: Math.ceil(N / 8),
            range: [-0.6, N - 0.4],
            title: { text: "coefficient k of X^k" },
          },
          xaxis2: {
            anchor: "y3",
            dtick: Math.ceil(N / 16),
            range: [-0.6, N / 2 - 0.4],
            title: { text: "slot" },
          },
          yaxis: { domain: [0.74, 1], exponentformat: "power", title: { text: "scaled" } },
          yaxis2: { domain: [0.42, 0.67], range: [-0.6, 0.6], dtick: 0.5, title: { text: "rounding" } },
          yaxis3: {
            domain: [0, 0.22],
            type: "log",
            range: [least, most],
            dtick: Math.ceil((most - least) / 4),
            exponentformat: "power",
            title: { text: "error" },
          },
          shapes: [-0.5, 0.5].map(bound),
        }),
      },
    })),
    start,
  );
}

function requireSweep({ values, steps }: EncodingSweep, like: readonly EncodingStep[]): void {
  const N = like[0].coefficients.length;
  requireLength(operation, `steps of "${values}"`, steps, like.length);
  for (const [index, { scaleBits, coefficients, rounded, slotErrors }] of steps.entries()) {
    if (scaleBits !== like[index].scaleBits) {
      throw new InputError(
        `${operation}: expected scaleBits ${like[index].scaleBits} as step ${index} of "${values}", got ${scaleBits}; ` +
          `sweep over the same scales`,
      );
    }
    requireFinite(operation, "scaleBits", [scaleBits]);
    requireLength(operation, "rounded coefficients", rounded, N);
    const lists = [
      ["coefficients", coefficients, N],
      ["rounded coefficients", rounded.map(Number), N],
      ["slot errors", slotErrors, N / 2],
    ] as const;
    for (const [name, list, length] of lists) {
      requireLength(operation, `${name} of "${values}"`, list, length);
      requireFinite(operation, `${name} of "${values}"`, list);
    }
  }
}

/** What one sweep draws; the menu shows one sweep's series at a time. */
function series({ coefficients, rounded, slotErrors }: EncodingStep, visible: boolean): readonly Part[] {
  const places = coefficients.map((_, index) => index);
  const integers = rounded.map(Number);
  const color = palette.vermillion;
  return [
    {
      type: "bar",
      visible,
      name: "before rounding",
      x: places,
      y: [...coefficients],
      hovertemplate: "coefficient %{x}: %{y:.6~g}<extra></extra>",
      marker: { color: palette.sky, pattern: { shape: "/", fillmode: "replace" } },
    },
    {
      type: "scatter",
      visible,
      mode: "markers",
      name: "after",
      x: places,
      y: integers,
      hovertemplate: "coefficient %{x}: %{y:.6~g}, an integer<extra></extra>",
      marker: { color, symbol: "square", size: 7 },
    },
    {
      type: "bar",
      visible,
      showlegend: false,
      name: "rounding",
      yaxis: "y2",
      x: places,
      y: integers.map((integer, index) => integer - coefficients[index]),
      hovertemplate: "rounding adds %{y:.3~g} to coefficient %{x}<extra></extra>",
      marker: { color },
    },
    {
      type: "bar",
      visible,
      name: `error: at most ${errorText(Math.max(...slotErrors))}`,
      xaxis: "x2",
      yaxis: "y3",
      x: slotErrors.map((_, index) => index),
      y: [...slotErrors],
      hovertemplate: "slot %{x} is off by %{y:.2e}<extra></extra>",
      marker: { color: palette.blue },
    },
  ];
}

type Part = Partial<BarData> | Partial<ScatterData>;

function valuesMenu(sweeps: readonly EncodingSweep[]): UpdateMenu {
  return {
    x: 0,
    xanchor: "left",
    y: 1,
    yanchor: "bottom",
    pad: { b: 10, t: 0, l: 0, r: 0 },
    // Plotly paints the entry under the mouse nearly white, whatever the page's colours are.
    bgcolor: "#EEEEEE",
    font: { color: "#333333" },
    buttons: sweeps.map(({ values }, chosen) => ({
      label: plainText(values),
      method: "restyle",
      args: [
        {
          visible: sweeps.flatMap((sweep, index) =>
            series(sweep.steps[0], index === chosen).map((part) => part.visible),
          ),
        },
      ],
    })),
  };
}

/** The decades, as exponents of ten, between which all the values lie that a logarithmic axis can show. */
function powersOfTenAround(values: readonly number[]): readonly [least: number, most: number] {
  const logs = values.filter((value) => value > 0).map((value) => Math.log10(value));
  if (logs.length === 0) return [-1, 0];
  return [Math.floor(Math.min(...logs) - 0.3), Math.ceil(Math.max(...logs))];
}

/** Rounding to the nearest integer adds at most a half. */
function bound(y: number): Partial<Shape> {
  return {
    type: "line",
    xref: "paper",
    yref: "y2",
    x0: 0,
    x1: 1,
    y0: y,
    y1: y,
    line: { width: 1, dash: "dash", color: palette.vermillion },
  };
}
