/** `12 ms`, `1.4 s`. */
export const milliseconds = (value: number): string =>
  value >= 1000
    ? `${(value / 1000).toFixed(1)} s`
    : value >= 10
      ? `${value.toFixed(0)} ms`
      : `${value.toFixed(1)} ms`;

/** `788 kB`, `14.6 MB`: thousands, as the library says them. */
export const bytes = (value: number): string =>
  value >= 1e6
    ? `${(value / 1e6).toFixed(1)} MB`
    : value >= 1000
      ? `${(value / 1000).toFixed(0)} kB`
      : `${value} B`;

/** Three digits of a value, as `0.00123` or `1.23e-7`, with a minus sign. */
export function threeDigits(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size < 1e-3 || size >= 1e5 ? value.toExponential(1) : value.toPrecision(3);
  return text.replace("-", "−").replace("e−", "e−").replace("e-", "e−").replace("e+", "e");
}

/** Bits with at most one digit behind the point. */
export const bits = (value: number): string => String(Math.round(value * 10) / 10);
