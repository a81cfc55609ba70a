/**
 * A number for a table: whole numbers as they are, others with four significant digits, tiny and huge ones with a
 * power of ten.
 *
 * @param value JSON has no NaN and no infinity: there they have become null
 * @example formatNumber(0.000012345) // "1.2e-5"
 */
export function formatNumber(value: number | null): string {
  if (value === null || Number.isNaN(value)) return "NaN";
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return value > 0 ? "∞" : "−∞";
  if (magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e12)) return power(value);
  if (Number.isInteger(value) || magnitude >= 1000) return String(Math.round(value) || 0);
  return String(Number(value.toPrecision(4)));
}

function power(value: number): string {
  return value.toExponential(1).replace(".0e", "e").replace("e+", "e");
}

/** An error with two significant digits: more of it tells nothing. */
export function formatError(value: number | null): string {
  if (value === null || !Number.isFinite(value) || Math.abs(value) < 1e-3 || Math.abs(value) >= 100) {
    return formatNumber(value);
  }
  return String(Number(value.toPrecision(2)));
}

/** @example formatBytes(393_216) // "393 kB" */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, size] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${threeDigits(bytes / (size as number))} ${unit}`;
}

/** Milliseconds without their unit. */
export function formatMilliseconds(milliseconds: number): string {
  return threeDigits(milliseconds);
}

/** @example formatDuration(5774) // "5.77 s" */
export function formatDuration(milliseconds: number): string {
  return milliseconds < 1000 ? `${threeDigits(milliseconds)} ms` : `${threeDigits(milliseconds / 1000)} s`;
}

function threeDigits(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** A scale by its base-2 logarithm. @example formatScale(20) // "2^20" */
export function formatScale(scaleBits: number): string {
  return `2^${Number(scaleBits.toFixed(2))}`;
}

/** @example formatShare(100, 4096) // "2.4 %" */
export function formatShare(part: number, whole: number): string {
  return `${Number(((100 * part) / whole).toPrecision(2))} %`;
}

export { formatCount } from "../../viz/units.js";
