import type { LayoutAxis } from "./plotly-types.js";

/**
 * A logarithmic axis for these values, whose labels do not collide: powers of ten where there are several, 2 and 5
 * between them where there are few, and every digit within one. (Plotly's own choice labels every digit of two decades.)
 *
 * @param values What is no number above 0 has no place on the axis and is left out of account.
 */
export function logAxis(values: readonly (number | null)[]): LayoutAxis {
  const positive = values.filter((value) => value !== null && value > 0 && value < Infinity) as number[];
  const span = Math.max(...positive) / Math.min(...positive);
  return { type: "log", exponentformat: "power", dtick: span >= 50 ? 1 : span >= 5 ? "D2" : "D1" };
}

/**
 * Ticks with whole labels for a logarithmic axis of these values, where they span few decades: there plotly writes 2 where it means
 * 20, and nothing where no digit lies between two values. Undefined where powers of ten are enough.
 *
 * @example fewDecades([18, 25]) // ticks at 18, 20, 22, … with those labels
 */
export function fewDecades(values: readonly (number | null)[]): LayoutAxis | undefined {
  const positive = values.filter((value) => value !== null && value > 0 && value < Infinity) as number[];
  const [least, most] = [Math.min(...positive), Math.max(...positive)];
  if (positive.length === 0 || most / least >= 50) return undefined;
  const tickvals = most / least < 2 ? evenSteps(least, most) : digitSteps(least, most);
  return { tickmode: "array", tickvals, ticktext: tickvals.map(label) };
}

/** Four to ten steps of 1, 2 or 5 times a power of ten, and some beyond both ends. */
function evenSteps(least: number, most: number): number[] {
  const range = most > least ? most - least : least;
  const power = 10 ** Math.floor(Math.log10(range));
  const step = range / power >= 5 ? power : range / power >= 2 ? power / 2 : power / 5;
  const from = Math.max(1, Math.floor(least / step) - 2);
  return Array.from({ length: Math.ceil(most / step) + 3 - from }, (_, i) => (from + i) * step);
}

function digitSteps(least: number, most: number): number[] {
  const digits = most / least >= 5 ? [1, 2, 5] : [1, 2, 3, 4, 5, 6, 8];
  const [from, to] = [Math.floor(Math.log10(least)) - 1, Math.floor(Math.log10(most)) + 1];
  return Array.from({ length: to - from + 1 }, (_, i) =>
    digits.map((digit) => digit * 10 ** (from + i)),
  ).flat();
}

function label(value: number): string {
  const rounded = Number(value.toPrecision(3));
  if (rounded >= 1e-3 && rounded < 1e5) return String(rounded);
  const [digits, exponent] = rounded.toExponential().split("e");
  return `${digits}×10<sup>${Number(exponent)}</sup>`;
}
