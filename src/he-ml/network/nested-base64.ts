import { InputError } from "../errors.js";
import { sizeOf, type Shape } from "../tensor/tensor.js";

/** Images, and at most 8 axes of each. */
const mostAxes = 9;

/** A list of lists of … of values. */
export type Nested<T> = T | readonly Nested<T>[];

/** Values in row-major order as nested lists. */
export function nest<T>(values: readonly T[], shape: Shape): Nested<T> {
  if (shape.length === 0) return values[0];
  const [count, ...rest] = shape;
  const size = sizeOf(rest);
  return Array.from({ length: count }, (_, i) => nest(values.slice(i * size, (i + 1) * size), rest));
}

/**
 * Texts that stand in nested lists, in row-major order, and the lists' shape.
 *
 * @param what how messages call them
 * @throws InputError unless all lists of one depth have one length, none is empty, and texts stand in the innermost only
 */
export function unnest(what: string, nested: unknown): { texts: string[]; shape: number[] } {
  const shape: number[] = [];
  for (let at = nested; Array.isArray(at); at = at[0] as unknown) {
    shape.push(at.length);
    if (at.length === 0 || shape.length > mostAxes) {
      throw new InputError(`${what}: expected lists up to ${mostAxes} deep, none of them empty`);
    }
  }
  const texts: string[] = [];
  const take = (value: unknown, depth: number, path: string) => {
    if (depth === shape.length) {
      if (typeof value !== "string") throw new InputError(`${what}${path}: expected a text of base64`);
      texts.push(value);
      return;
    }
    if (!Array.isArray(value) || value.length !== shape[depth]) {
      throw new InputError(`${what}${path}: expected a list of ${shape[depth]}, as the first one is`);
    }
    value.forEach((entry, i) => take(entry, depth + 1, `${path}[${i}]`));
  };
  take(nested, 0, "");
  return { texts, shape };
}

/** Bytes that a text of base64 holds, by its length alone. */
export function base64Length(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

/**
 * @param what how messages call it
 * @throws InputError unless it is base64 with `+`, `/` and padding, and nothing else
 */
export function fromBase64(what: string, text: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new InputError(`${what}: expected base64, with padding and without spaces`);
  }
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
