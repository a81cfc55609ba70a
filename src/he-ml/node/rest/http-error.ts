import type { FastifyError } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { InputError } from "../../errors.js";
import { refusals, type ErrorCode } from "../../network/protocol.js";
import { JobExistsError } from "../engine/engine.js";
import {
  EngineAwayError,
  QueueClosedError,
  QueueFullError,
  StoreFullError,
  TaskFailedError,
} from "../engine/engine-types.js";

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
}

/** What is refused while the server ends. */
export const closingError = () =>
  new HttpError("closing", "the server is about to stop; come back later, or ask another");

/** Sessions end, and make room, more slowly than jobs. */
const secondsUntilRoom = 30;

/** Characters of a validator's message. */
const mostMessage = 500;

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
  return ofFastify(error) ?? new HttpError("internal", "the server made a mistake; its log says more");
}

/** What Fastify refuses by itself. */
function ofFastify(error: unknown): HttpError | undefined {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const { validation, validationContext } = error as FastifyError;
    const [{ instancePath, message }] = validation!;
    const where = [validationContext, ...instancePath.split("/")].filter(Boolean).join(".");
    // Some repeat what came.
    const told = message!.length > mostMessage ? `${message!.slice(0, mostMessage)}…` : message;
    return new HttpError("bad-request", `${where}: ${told}; see /openapi.json`);
  }
  const { code, statusCode, message } = error as Partial<FastifyError>;
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    return new HttpError(
      "wrong-type",
      "Content-Type: expected application/octet-stream for keys and encrypted tensors, application/json for all else",
    );
  }
  const isClients = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return isClients ? new HttpError("bad-request", message ?? "the request cannot be read") : undefined;
}
