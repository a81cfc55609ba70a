import type { FastifyError } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { routes } from "../../network/protocol.js";
import { HttpError, fieldRefusal, httpErrorOf, wrongTypeError } from "../../rest/http-error.js";

/** What a client is told of an error, Fastify's own among them. */
export const refusalOf = (error: unknown): HttpError => ofFastify(error) ?? httpErrorOf(error);

/** What Fastify refuses by itself. */
function ofFastify(error: unknown): HttpError | undefined {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const { validation, validationContext } = error as FastifyError;
    const [{ instancePath, message }] = validation!;
    const refusal = fieldRefusal([validationContext!, ...instancePath.split("/")], message!);
    return new HttpError("bad-request", `${refusal}; see ${routes.openapi}`);
  }
  const { code, statusCode, message } = error as Partial<FastifyError>;
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return wrongTypeError();
  const isClients = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return isClients ? new HttpError("bad-request", message ?? "the request cannot be read") : undefined;
}
