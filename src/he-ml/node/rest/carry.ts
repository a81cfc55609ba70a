import type { FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import type { Asked, Route } from "../../rest/route.js";
import type { App } from "./app-types.js";
import type { Bodies } from "./bodies.js";
import { bytesBody } from "./openapi.js";

/** What the document says of a route, beside what it takes. */
export interface Described extends Pick<
  FastifySchema,
  "tags" | "summary" | "description" | "security" | "response"
> {
  /** What a body of bytes is. */
  readonly bytes?: string;
  /** Whether it answers HEAD, too. */
  readonly exposeHeadRoute?: boolean;
}

/** Has Fastify carry a route's requests and answers, by its validators. */
export function carry(
  app: App,
  bodies: Bodies,
  { method, url, takesWork, params, query, body, answer }: Route,
  { bytes, exposeHeadRoute, ...described }: Described,
): void {
  const isJson = typeof body === "object";
  app.route({
    ...{ method, url, exposeHeadRoute, config: { takesWork } },
    ...(isJson && { preValidation: bodies.asJson(body) }),
    schema: {
      ...described,
      ...(params && { params }),
      ...(query && { querystring: query }),
      ...(isJson && { body: body.schema }),
      ...(bytes !== undefined && bytesBody(bytes)),
    },
    handler: async (request, reply) => {
      const { status, headers = {}, content } = await answer(askedBy(request, reply, bodies));
      return reply.code(status).headers(headers).send(content);
    },
  });
}

function askedBy(request: FastifyRequest, reply: FastifyReply, bodies: Bodies): Asked {
  let gone: AbortSignal | undefined;
  return {
    params: request.params,
    query: request.query,
    json: request.body,
    from: request.ip,
    get gone() {
      return (gone ??= clientGone(reply));
    },
    readBody: (mostBytes, what) => bodies.read(request, reply, mostBytes, what),
    releaseBody: () => bodies.release(request),
  };
}

/** Aborts when the client went away before its answer was sent. */
function clientGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
