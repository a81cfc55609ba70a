import type { ScatterData } from "plotly.js-dist-min";
import { maxCoeffModulusBits, maxCoeffModulusBits2024 } from "../../he-ml/crypto/security-tables.js";
import { captioned } from "../captioned.js";
import { requireFinite, requireSome } from "../check.js";
import { plainText, type Figure } from "../figure.js";
import { withSlider } from "../slider.js";
import { palette, themed } from "../theme.js";

/** Parameters, of which only this bears on security at given kinds of secret and noise. */
export interface SecurityPoint {
  /** What they are called, in a word or two. */
  readonly label?: string;
  /** The polynomial modulus degree N, a power of two. */
  readonly polyModulusDegree: number;
  /** log2 of the whole modulus, special prime included. */
  readonly modulusBits: number;
}

const operation = "securityLimits";

/** With where each stands in the close-up. */
const tables = [
  {
    name: "2018",
    row: 2,
    limits: maxCoeffModulusBits,
    look: {
      line: { color: palette.blue, width: 2 },
      marker: { color: palette.blue, symbol: "square", size: 8 },
    },
  },
  {
    name: "2024",
    row: 1,
    limits: maxCoeffModulusBits2024,
    look: {
      line: { color: palette.green, width: 2, dash: "dash" },
      marker: { color: palette.green, symbol: "diamond", size: 9 },
    },
  },
] as const;

type Table = (typeof tables)[number];

/**
 * How large a modulus may be at 128 bits of security for each N: by the HomomorphicEncryption.org standard of 2018, and
 * by the guidelines of 2024 (https://eprint.iacr.org/2024/463, table 5.2), both for ternary secrets and classical attacks.
 * A slider moves over parameters; the figure says which table allows them, and shows the limits at their N close up.
 *
 * @param start index of the point that is shown first
 * @throws InputError if there is no point, N is no power of two, or a modulus has no bits
 * @example securityLimits([214, 218].map((modulusBits) => ({ polyModulusDegree: 8192, modulusBits })))
 */
export function securityLimits(points: readonly SecurityPoint[], start = 0): Figure {
  requireSome(operation, "point", points);
  for (const { polyModulusDegree, modulusBits } of points) {
    const isPower = Number.isInteger(Math.log2(polyModulusDegree));
    requireFinite(operation, "a polyModulusDegree that is a power of two", [
      isPower ? polyModulusDegree : NaN,
    ]);
    requireFinite(operation, "modulusBits above 0", [modulusBits > 0 ? modulusBits : NaN]);
  }
  const exponents = [10, 17, ...points.map(({ polyModulusDegree }) => Math.log2(polyModulusDegree))];
  const bits = [20, 4000, ...points.map(({ modulusBits }) => modulusBits)].map(Math.log10);
  return withSlider(
    "parameters:",
    points.map((point, index) => ({
      label: String(index + 1),
      figure: {
        data: [
          ...tables.map(curve),
          mark(point),
          ...tables.map((table) => limitAt(table, point)),
          markCloseUp(point),
        ],
        layout: themed({
          ...captioned("Modulus at 128 bits of security", [
            nameOf(point),
            tables.map((table) => verdict(table, point)).join(" · "),
          ]),
          height: 680,
          xaxis: {
            range: [Math.min(...exponents) - 0.5, Math.max(...exponents) + 0.5],
            dtick: 1,
            title: { text: "log2 N" },
          },
          yaxis: {
            domain: [0.4, 1],
            type: "log",
            range: [Math.min(...bits) - 0.1, Math.max(...bits) + 0.1],
            tickvals: [25, 50, 100, 200, 400, 800, 1600, 3200],
            title: { text: "log2 Q (bits)" },
          },
          xaxis2: { anchor: "y2", range: closeUpRange(point), title: { text: "log2 Q (bits), close up" } },
          yaxis2: {
            domain: [0, 0.22],
            range: [-0.6, 2.6],
            tickmode: "array",
            tickvals: [0, ...tables.map(({ row }) => row)],
            ticktext: ["these", ...tables.map(({ name }) => name)],
          },
        }),
      },
    })),
    start,
  );
}

function nameOf({ label, polyModulusDegree, modulusBits }: SecurityPoint): string {
  const numbers = `N = ${polyModulusDegree}, log2 Q = ${modulusBits}`;
  return label === undefined ? numbers : `${plainText(label)}: ${numbers}`;
}

function verdict({ name, limits }: Table, { polyModulusDegree, modulusBits }: SecurityPoint): string {
  const limit = limits[polyModulusDegree];
  if (limit === undefined) return `${name}: no such N`;
  return `${name} (≤ ${limit}): ${modulusBits <= limit ? "inside" : "outside"}`;
}

function curve({ name, limits, look }: Table): Partial<ScatterData> {
  const degrees = Object.keys(limits).map(Number);
  return {
    type: "scatter",
    mode: "lines+markers",
    name: `limit of ${name}`,
    x: degrees.map(Math.log2),
    y: degrees.map((N) => limits[N]),
    customdata: degrees,
    hovertemplate: `${name}: at most %{y} bits for N = %{customdata}<extra></extra>`,
    ...look,
  };
}

const markLook = {
  type: "scatter",
  marker: { color: palette.vermillion, symbol: "circle-open", size: 16, line: { width: 3 } },
  hovertemplate: "these parameters<extra></extra>",
} as const satisfies Partial<ScatterData>;

function mark({ polyModulusDegree, modulusBits }: SecurityPoint): Partial<ScatterData> {
  return {
    ...markLook,
    mode: "markers",
    name: "these parameters",
    x: [Math.log2(polyModulusDegree)],
    y: [modulusBits],
  };
}

const closeUp = {
  mode: "text+markers",
  xaxis: "x2",
  yaxis: "y2",
  showlegend: false,
  textposition: "middle right",
  cliponaxis: false,
} as const satisfies Partial<ScatterData>;

function markCloseUp({ modulusBits }: SecurityPoint): Partial<ScatterData> {
  return { ...markLook, ...closeUp, x: [modulusBits], y: [0], text: [` ${modulusBits}`] };
}

/** A table's limit at the parameters' N; empty where it has none. */
function limitAt(
  { name, row, limits, look }: Table,
  { polyModulusDegree: N }: SecurityPoint,
): Partial<ScatterData> {
  const found = N in limits ? [limits[N]] : [];
  return {
    type: "scatter",
    ...closeUp,
    marker: { ...look.marker, size: 12 },
    x: found,
    y: found.map(() => row),
    text: found.map((bits) => ` ${bits}`),
    hovertemplate: `${name}: at most %{x} bits<extra></extra>`,
  };
}

/** All that there is at one N, with room for the numbers beside it. */
function closeUpRange({ polyModulusDegree, modulusBits }: SecurityPoint): [number, number] {
  const all = [modulusBits, ...tables.map(({ limits }) => limits[polyModulusDegree] ?? modulusBits)];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const spread = Math.max(most - least, 0.04 * most);
  return [least - spread / 4, most + spread / 2];
}
