/**
 * What the caller gave cannot be used: a mis-shaped image, an unsupported layer, parameters under 128 bits.
 * The message names the operation, what was expected, what came, and what to do, in one line; the `he-ml` command prints
 * it and exits with status 2.
 */
export class InputError extends Error {
  override readonly name: string = "InputError";

  /** @param message may quote what came: its line ends and other control characters become spaces */
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message.replace(/\s*[\p{Cc}\u2028\u2029]\s*/gu, " "), options);
  }
}
