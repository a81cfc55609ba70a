import { inWords } from "../he-ml/arguments.js";
import type { Json } from "./research-figure.js";

/**
 * What comes back when a value is written as JSON and read again; it is the value itself, in other objects.
 *
 * @param what how messages call it
 * @throws Error if JSON cannot hold it: NaN and infinities would silently become null, and what is undefined would be left out
 */
export function throughJson<T extends Json>(what: string, value: T): T {
  requireJson(what, value);
  return JSON.parse(JSON.stringify(value)) as T;
}

function requireJson(what: string, value: unknown): void {
  if (value === null || typeof value === "boolean" || typeof value === "string") return;
  if (typeof value === "number" && Number.isFinite(value)) return;
  if (Array.isArray(value)) return value.forEach((entry, i) => requireJson(`${what}[${i}]`, entry));
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    for (const [key, field] of Object.entries(value)) requireJson(`${what}.${key}`, field);
    return;
  }
  throw new Error(`figures: ${what}: expected what JSON can hold, got ${inWords(value)}`);
}
