import { InputError } from "../errors.js";
import type { ErrorCode } from "./protocol.js";

/** A server refused a request: its message says what to do. */
export class RefusedError extends InputError {
  override readonly name = "RefusedError";

  constructor(
    message: string,
    readonly code: ErrorCode,
  ) {
    super(message);
  }
}

/** A server cannot be reached, has no room for too long, or failed; another time, the same request may do. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}
