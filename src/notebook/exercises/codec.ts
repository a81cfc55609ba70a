import { InputError } from "../../he-ml/errors.js";

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deeper than any response of an exercise; a circle is deeper than all. */
const deepest = 32;

/** An object with this one key stands for what JSON has no form of. */
const tag = "$";

/**
 * A value as JSON: plain objects, lists, texts and numbers as they are; bigints, `undefined`, NaN and infinities under a tag;
 * typed arrays as lists. Complex values are plain objects `{ re, im }`.
 *
 * @throws InputError for functions, symbols and circles
 * @example toJson([1n, { re: 0.5, im: -0 }]) // [{ $: "bigint", of: "1" }, { re: 0.5, im: 0 }]
 */
export function toJson(value: unknown, depth = 0): Json {
  if (depth > deepest) {
    throw new InputError(
      `answer: expected values nested at most ${deepest} deep, got more; return plain lists`,
    );
  }
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number")
    return Number.isFinite(value) ? value : { [tag]: "number", of: String(value) };
  if (typeof value === "bigint") return { [tag]: "bigint", of: String(value) };
  if (value === undefined) return { [tag]: "undefined" };
  if (typeof value !== "object") {
    throw new InputError(
      `answer: expected numbers, bigints and lists of them, got a ${typeof value}; return a value`,
    );
  }
  if (Array.isArray(value) || isTypedArray(value)) {
    return Array.from(value as ArrayLike<unknown>, (entry) => toJson(entry, depth + 1));
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toJson(entry, depth + 1)]));
}

/**
 * What `toJson` was given.
 *
 * @throws InputError for a tag that `toJson` does not write
 */
export function fromJson(json: Json): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (isList(json)) return json.map(fromJson);
  if (!(tag in json)) {
    return Object.fromEntries(Object.entries(json).map(([key, entry]) => [key, fromJson(entry)]));
  }
  const { [tag]: kind, of } = json;
  if (kind === "undefined") return undefined;
  if (kind === "bigint" && typeof of === "string" && /^-?\d{1,20000}$/.test(of)) return BigInt(of);
  if (kind === "number" && typeof of === "string" && /^(NaN|-?Infinity)$/.test(of)) return Number(of);
  throw new InputError(
    `answer: expected a tagged number, got ${JSON.stringify(json).slice(0, 80)}; return plain values`,
  );
}

const isTypedArray = (value: object) => ArrayBuffer.isView(value) && !(value instanceof DataView);
const isList = (json: object): json is readonly Json[] => Array.isArray(json);
