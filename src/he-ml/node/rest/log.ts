import type { FastifyReply, FastifyRequest } from "fastify";
import { shortSession } from "./service.js";
import type { Metrics } from "./metrics.js";

/** Its number in lines of Fastify's logger. */
const warning = 40;

/** Lines of JSON: no bodies, no headers, no addresses with a session's number in them. */
export function loggerOptions(stream: NodeJS.WritableStream | undefined) {
  return stream ? { level: "info", stream } : false;
}

/** A line that belongs to no request. */
export function logLine(stream: NodeJS.WritableStream | undefined, msg: string): void {
  stream?.write(`${JSON.stringify({ level: warning, time: Date.now(), msg })}\n`);
}

/** Counts an answer that was sent, and logs it. */
export function logRequest(request: FastifyRequest, reply: FastifyReply, metrics: Metrics): void {
  const { method, routeOptions, params } = request;
  const route = routeOptions.url ?? "none";
  const { statusCode: status, elapsedTime } = reply;
  const sentBytes = Number(reply.getHeader("content-length") ?? 0);
  metrics.request(method, route, status, elapsedTime, sentBytes);
  const { session } = (params ?? {}) as { readonly session?: string };
  const milliseconds = Number(elapsedTime.toFixed(1));
  request.log.info({
    ...{ method, route, status, milliseconds, sentBytes },
    ...(session !== undefined && { session: shortSession(session) }),
  });
}
