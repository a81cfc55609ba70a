import type { FastifyReply, FastifyRequest } from "fastify";
import { logFields, type LogSink } from "../../rest/log.js";
import type { Metrics } from "./metrics.js";

/** Its number in lines of Fastify's logger. */
const warning = 40;

/** Lines of JSON: no bodies, no headers, no addresses with a session's number in them. */
export function loggerOptions(log: LogSink | undefined) {
  return log ? { level: "info", stream: log } : false;
}

/** A line that belongs to no request. */
export function logLine(log: LogSink | undefined, msg: string): void {
  log?.write(`${JSON.stringify({ level: warning, time: Date.now(), msg })}\n`);
}

/** Counts an answer that was sent, and logs it. */
export function logRequest(request: FastifyRequest, reply: FastifyReply, metrics: Metrics): void {
  const { method, routeOptions, params } = request;
  const route = routeOptions.url ?? "none";
  const { statusCode: status, elapsedTime: milliseconds } = reply;
  const sentBytes = Number(reply.getHeader("content-length") ?? 0);
  metrics.request(method, route, status, milliseconds, sentBytes);
  request.log.info(logFields({ method, route, params, status, milliseconds, sentBytes }));
}
