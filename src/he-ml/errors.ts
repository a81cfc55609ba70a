/**
 * What the caller gave cannot be used: a mis-shaped image, an unsupported layer, parameters under 128 bits.
 * The message names the operation, what was expected, what came, and what to do; the `he-ml` command prints it
 * as one line and exits with status 2.
 */
export class InputError extends Error {
  override readonly name: string = "InputError";
}
