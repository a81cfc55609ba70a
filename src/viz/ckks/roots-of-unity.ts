import type { LayoutAxis, ScatterData, Shape } from "plotly.js-dist-min";
import { requireOptions } from "../../he-ml/arguments.js";
import { InputError } from "../../he-ml/errors.js";
import { captioned } from "../captioned.js";
import { requireSome } from "../check.js";
import type { Figure } from "../figure.js";
import { palette, themed } from "../theme.js";

/** Where slots are read off a polynomial of degree below N. */
export interface SlotRoots {
  /** N, a power of two from 2 to 16. */
  readonly polyModulusDegree: number;
  /** For each of the N / 2 slots the exponent of ζ = exp(πi/N) at whose power the polynomial has the slot's value. */
  readonly slotExponents: readonly number[];
}

/** More roots would not be told apart. */
const mostDegree = 16;

/**
 * The N roots of X^N + 1 on the unit circle, which are the odd powers of ζ = exp(πi/N), each pair of conjugates with the
 * slot that belongs to it: a polynomial with real coefficients has conjugate values there.
 *
 * @throws InputError if N is no power of two from 2 to 16, or the powers do not name each pair of conjugate roots once
 * @see Cheon, Kim, Kim and Song, "Homomorphic Encryption for Arithmetic of Approximate Numbers",
 *   https://eprint.iacr.org/2016/421, for the embedding
 * @example
 * // SEAL's order: powers of 3 modulo 2N, as `slotExponents(8)` of `he-ml/toy-ckks` gives them.
 * rootsOfUnity({ polyModulusDegree: 8, slotExponents: [1, 3, 9, 11] })
 */
export function rootsOfUnity(roots: SlotRoots): Figure {
  const { polyModulusDegree: N, slotExponents } = requireOptions("rootsOfUnity", roots);
  requireSome("rootsOfUnity", "exponent", slotExponents);
  requireRoots(N, slotExponents);
  const conjugates = slotExponents.map((power) => 2 * N - power);
  return {
    data: [
      {
        ...points(slotExponents, N),
        mode: "text+markers",
        name: "slot",
        text: slotExponents.map((_, slot) => String(slot)),
        customdata: slotExponents.map((power, slot) => `ζ^${power}: slot ${slot}`),
        textposition: "middle center",
        textfont: { color: "white", size: 12 },
        marker: { symbol: "circle", size: 22, color: palette.blue },
      },
      {
        ...points(conjugates, N),
        mode: "text+markers",
        name: "its conjugate",
        text: conjugates.map((_, slot) => String(slot)),
        customdata: conjugates.map((power, slot) => `ζ^${power}: conjugate of slot ${slot}`),
        textposition: "middle center",
        textfont: { color: "white", size: 12 },
        marker: { symbol: "square", size: 20, color: palette.vermillion },
      },
      {
        ...points([...slotExponents, ...conjugates], N, 1.3),
        mode: "text",
        text: [...slotExponents, ...conjugates].map((power) => (power === 1 ? "ζ" : `ζ<sup>${power}</sup>`)),
        hoverinfo: "skip",
      },
    ],
    layout: themed({
      ...captioned(`Roots of X^${N} + 1, and their slots`, [
        `ζ = exp(πi/${N}), ${key("●", palette.blue)} slot, ${key("■", palette.vermillion)} its conjugate`,
      ]),
      showlegend: false,
      height: 640,
      hovermode: "closest",
      xaxis: plane,
      yaxis: { ...plane, scaleanchor: "x" },
      shapes: [unitCircle, realAxis, imaginaryAxis, ...slotExponents.map((power) => pairLine(power, N))],
    }),
  };
}

/** A legend within the caption leaves the circle more room on a telephone. */
const key = (sign: string, color: string) => `<span style="color:${color}">${sign}</span>`;

function requireRoots(N: number, powers: readonly number[]): void {
  if (!Number.isInteger(Math.log2(N)) || N < 2 || N > mostDegree) {
    throw new InputError(
      `rootsOfUnity: expected a polyModulusDegree that is a power of two from 2 to ${mostDegree}, got ${N}; take a smaller ring`,
    );
  }
  const named = new Set(powers.flatMap((power) => [power, 2 * N - power]));
  const areRoots = [...named].every((power) => Number.isInteger(power) && power % 2 === 1 && power > 0);
  if (powers.length === N / 2 && named.size === N && areRoots) return;
  throw new InputError(
    `rootsOfUnity: expected ${N / 2} odd slotExponents below ${2 * N}, one of each conjugate pair, got ${powers.join(", ")}; ` +
      `SEAL takes the powers of 3 modulo ${2 * N}`,
  );
}

function points(powers: readonly number[], N: number, radius = 1): Partial<ScatterData> {
  const angles = powers.map((power) => (Math.PI * power) / N);
  return {
    type: "scatter",
    x: angles.map((angle) => radius * Math.cos(angle)),
    y: angles.map((angle) => radius * Math.sin(angle)),
    hovertemplate: "%{customdata}<extra></extra>",
  };
}

const plane: LayoutAxis = { range: [-1.5, 1.5], visible: false, constrain: "domain" };

const thin = { width: 1, color: "#888888" };

const unitCircle: Partial<Shape> = {
  type: "circle",
  layer: "below",
  x0: -1,
  x1: 1,
  y0: -1,
  y1: 1,
  line: thin,
};

const realAxis: Partial<Shape> = {
  type: "line",
  layer: "below",
  x0: -1.1,
  x1: 1.1,
  y0: 0,
  y1: 0,
  line: thin,
};
const imaginaryAxis: Partial<Shape> = {
  type: "line",
  layer: "below",
  x0: 0,
  x1: 0,
  y0: -1.1,
  y1: 1.1,
  line: thin,
};

/** A root and its conjugate stand one above the other. */
function pairLine(power: number, N: number): Partial<Shape> {
  const angle = (Math.PI * power) / N;
  const [x, y] = [Math.cos(angle), Math.sin(angle)];
  return { type: "line", layer: "below", x0: x, x1: x, y0: y, y1: -y, line: { ...thin, dash: "dash" } };
}
