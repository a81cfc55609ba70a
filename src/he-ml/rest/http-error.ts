import { InputError } from "../errors.js";
import { JobExistsError } from "../engine/engine.js";
import {
  EngineAwayError,
  QueueClosedError,
  QueueFullError,
  StoreFullError,
  TaskFailedError,
} from "../engine/engine-types.js";
import { refusals, type ErrorCode } from "../network/protocol.js";

/** What a client is told instead of an answer. */
export class HttpError extends Error {
  override readonly name = "HttpError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }

  get status(): number {
    return refusals[this.code].status;
  }

  /** Of the answer that says so, beside its content type. */
  get headers(): Record<string, string> {
    return {
      ...(this.retryAfterSeconds !== undefined && {
        "retry-after": String(Math.ceil(this.retryAfterSeconds)),
      }),
      ...(this.code === "unauthorized" && { "www-authenticate": "Bearer" }),
    };
  }

  /** Its content, which is JSON. */
  get text(): string {
    return refusalText(this.code, this.message);
  }
}

export const refusalText = (code: ErrorCode, message: string) => JSON.stringify({ error: { code, message } });

/** What is refused while the server ends. */
export const closingError = () =>
  new HttpError("closing", "the server is about to stop; come back later, or ask another");

export const wrongTypeError = () =>
  new HttpError(
    "wrong-type",
    "Content-Type: expected application/octet-stream for keys and encrypted tensors, application/json for all else",
  );

/** @throws HttpError wrong-type if a body is compressed */
export function requireNoEncoding(method: string, encoding = "identity"): void {
  if (encoding === "identity" || method === "GET") return;
  throw new HttpError(
    "wrong-type",
    `Content-Encoding: expected none, got ${JSON.stringify(encoding)}; send the bytes as they are`,
  );
}

/** Characters of a validator's message. */
const mostMessage = 500;

/**
 * What a client is told of a field that a validator refused.
 *
 * @param where the part of the request, and the path within it
 */
export function fieldRefusal(where: readonly string[], message: string): string {
  // Some repeat what came.
  const told = message.length > mostMessage ? `${message.slice(0, mostMessage)}…` : message;
  return `${where.filter(Boolean).join(".")}: ${told}`;
}

/** Sessions end, and make room, more slowly than jobs. */
const secondsUntilRoom = 30;

/** What a client is told of an error: nothing of what only the server's owner should know. */
export function httpErrorOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof InputError) return new HttpError("bad-request", error.message);
  if (error instanceof QueueFullError) return new HttpError("busy", error.message, error.retryAfterSeconds);
  if (error instanceof StoreFullError) return new HttpError("busy", error.message, secondsUntilRoom);
  if (error instanceof EngineAwayError) return new HttpError("busy", error.message, error.retryAfterSeconds);
  if (error instanceof QueueClosedError) return closingError();
  if (error instanceof JobExistsError) {
    return new HttpError("job-exists", "there is a job of this number with another input; take a new number");
  }
  if (error instanceof TaskFailedError) return new HttpError("job-failed", error.message);
  return new HttpError("internal", "the server made a mistake; its log says more");
}
