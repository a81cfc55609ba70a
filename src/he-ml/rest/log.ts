import { shortSession } from "./service.js";

/** Takes lines, each with its end: a writable stream of Node's, or anything else that does. */
export interface LogSink {
  write(line: string): unknown;
}

/** What a line of the log says of a request: no bodies, no headers, no addresses with a session's number in them. */
export function logFields(answered: {
  readonly method: string;
  /** Its pattern; `none` where there is no such address. */
  readonly route: string;
  readonly params: unknown;
  readonly status: number;
  readonly milliseconds: number;
  readonly sentBytes: number;
}) {
  const { method, route, params, status, sentBytes } = answered;
  const { session } = (params ?? {}) as { readonly session?: string };
  return {
    ...{ method, route, status, milliseconds: Number(answered.milliseconds.toFixed(1)), sentBytes },
    ...(session !== undefined && { session: shortSession(session) }),
  };
}
