/** One value in several forms, by media type; a viewer picks the richest that it can draw. */
export type MimeBundle = Record<string, unknown>;

/** The method by which a value says how it is displayed: the convention of Deno's Jupyter kernel. */
export const jupyterDisplay: unique symbol = Symbol.for("Jupyter.display") as never;

/** A value that displays itself. */
export interface Displayable {
  [jupyterDisplay](): MimeBundle | Promise<MimeBundle>;
}

/**
 * What a value's own `Symbol.for("Jupyter.display")` method returns: a bundle, or the promise of one.
 * A method that throws gives a bundle that says so, because a display must not fail a cell that has worked.
 *
 * @returns undefined if there is no such method
 */
export function displayOf(value: unknown): unknown {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
  const method = (value as Partial<Displayable>)[jupyterDisplay];
  if (typeof method !== "function") return undefined;
  try {
    return method.call(value as Displayable);
  } catch (error) {
    return failure(error);
  }
}

/** A bundle that says why there is no other. */
export function failure(error: unknown): MimeBundle {
  const message = error instanceof Error ? error.message : String(error);
  return { "text/plain": `cannot be displayed: its Symbol.for("Jupyter.display") method threw: ${message}` };
}

/** Whether a value is a bundle: an object whose every key is a media type. */
export function isMimeBundle(value: unknown): value is MimeBundle {
  if (typeof value !== "object" || value === null) return false;
  const types = Object.keys(value);
  return types.length > 0 && types.every((type) => /^[\w.+-]+\/[\w.+-]+$/.test(type));
}
