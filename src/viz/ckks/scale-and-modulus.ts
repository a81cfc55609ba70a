import type { ScatterData } from "plotly.js-dist-min";
import { captioned } from "../captioned.js";
import { requireFinite, requireSome } from "../check.js";
import { plainText, type Figure } from "../figure.js";
import { withSlider } from "../slider.js";
import { palette, themed } from "../theme.js";

/** A ciphertext after an operation. */
export interface ScaleStep {
  /** What was done, such as "encrypt", "multiply" or "rescale". */
  readonly operation: string;
  /** log2 of the scale after it. */
  readonly scaleBits: number;
  /** log2 of the product of the primes that are left after it. */
  readonly modulusBits: number;
}

const name = "scaleAndModulus";

/**
 * Scale and modulus of a ciphertext as operations move them, and the room that is left between for its values. A slider
 * steps through the operations; where the scale passes the modulus, the figure says so.
 *
 * @param steps in the order of the operations; the first is what the ciphertext starts as
 * @param start index of the operation up to which the figure is drawn first; the last unless told
 * @throws InputError if there is no operation, or a number is not finite
 * @example
 * scaleAndModulus([
 *   { operation: "encrypt", scaleBits: 30, modulusBits: 90 },
 *   { operation: "multiply", scaleBits: 60, modulusBits: 90 },
 *   { operation: "rescale", scaleBits: 30, modulusBits: 60 },
 * ])
 */
export function scaleAndModulus(steps: readonly ScaleStep[], start?: number): Figure {
  requireSome(name, "operation", steps);
  requireFinite(
    name,
    "scaleBits and modulusBits",
    steps.flatMap(({ scaleBits, modulusBits }) => [scaleBits, modulusBits]),
  );
  const operations = steps.map(({ operation }) => plainText(operation));
  const most = Math.max(...steps.flatMap(({ scaleBits, modulusBits }) => [scaleBits, modulusBits]));
  return withSlider(
    "after operation",
    steps.map((step, now) => ({
      label: String(now + 1),
      figure: {
        data: [
          curve("scale", steps, now, "scaleBits"),
          curve("modulus left", steps, now, "modulusBits"),
          room(steps, now),
          toCome(steps, "scaleBits"),
          toCome(steps, "modulusBits"),
        ],
        layout: themed({
          ...captioned("Scale and modulus, step by step", [`${now + 1}: ${operations[now]}`, verdict(step)]),
          height: 600,
          xaxis: {
            range: [-0.3, steps.length - 0.4],
            tickmode: "array",
            tickvals: steps.map((_, index) => index),
            ticktext: operations,
            tickangle: -35,
          },
          yaxis: { range: [0, 1.12 * most], title: { text: "log2 (bits)" } },
        }),
      },
    })),
    start ?? steps.length - 1,
    76,
  );
}

/** One line that fits a telephone. A value times the scale must lie between −modulus/2 and modulus/2. */
function verdict(step: ScaleStep): string {
  const { scaleBits, modulusBits } = step;
  const left = modulusBits - scaleBits;
  if (isOut(step)) return `scale out of bounds: 2^${tenth(scaleBits)} ≥ 2^${tenth(modulusBits)}`;
  return `room: ${tenth(left)} bits, for |values| below 2^${tenth(left - 1)}`;
}

/** SEAL refuses such a result: "scale out of bounds". */
const isOut = ({ scaleBits, modulusBits }: ScaleStep) => scaleBits >= modulusBits;

const tenth = (bits: number) => String(Math.round(10 * bits) / 10);

type Bits = "scaleBits" | "modulusBits";

/** A curve up to the operation that the slider stands at. */
function curve(label: string, steps: readonly ScaleStep[], now: number, bits: Bits): Partial<ScatterData> {
  const values = steps.map((step, index) => (index <= now ? step[bits] : null));
  return {
    type: "scatter",
    name: label,
    x: steps.map((_, index) => index),
    y: values,
    text: values.map((value, index) => (value !== null && value !== values[index - 1] ? tenth(value) : "")),
    hovertemplate: `${label} after step %{x}: %{y:.4~g} bits<extra></extra>`,
    textposition: steps.map(
      (step) => `${(bits === "modulusBits") === isOut(step) ? "bottom" : "top"} right` as const,
    ),
    cliponaxis: false,
    ...looks[bits],
  };
}

/** The whole curve, thin: where it came from and where it will go. */
function toCome(steps: readonly ScaleStep[], bits: Bits): Partial<ScatterData> {
  return {
    type: "scatter",
    mode: "lines",
    showlegend: false,
    x: steps.map((_, index) => index),
    y: steps.map((step) => step[bits]),
    hoverinfo: "skip",
    opacity: 0.4,
    line: { ...looks[bits].line, width: 1 },
  };
}

/** What lies between the two curves where the slider stands. */
function room(steps: readonly ScaleStep[], now: number): Partial<ScatterData> {
  const { scaleBits, modulusBits } = steps[now];
  const look = isOut(steps[now])
    ? { name: "out of bounds", color: palette.vermillion }
    : { name: "room left", color: palette.sky };
  return {
    type: "scatter",
    mode: "lines",
    name: look.name,
    x: [now, now],
    y: [scaleBits, modulusBits],
    hoverinfo: "skip",
    line: { width: 12, color: look.color },
    opacity: 0.6,
  };
}

const looks = {
  scaleBits: {
    mode: "lines+markers+text",
    line: { color: palette.vermillion, width: 3, shape: "hv" },
    marker: { symbol: "circle", size: 9, color: palette.vermillion },
  },
  modulusBits: {
    mode: "lines+markers+text",
    line: { color: palette.blue, width: 3, shape: "hv", dash: "dash" },
    marker: { symbol: "square", size: 9, color: palette.blue },
  },
} as const satisfies Readonly<Record<Bits, Partial<ScatterData>>>;
