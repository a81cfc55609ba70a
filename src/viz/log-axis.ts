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
