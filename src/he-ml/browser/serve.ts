import type { ServeConfigInput } from "../rest/config.js";
import type { LogSink } from "../rest/log.js";
import type { RunningServer } from "../rest/running-server.js";

export type { RunningServer };

export interface ServeOptions {
  /** Models and limits, as Node's `serve` takes them; here the models must be named. */
  readonly config?: ServeConfigInput;
  /** Web Workers that compute: as many as there are cores if left out, at most four. */
  readonly processes?: number;
  /** Where a line of JSON goes for each request; nowhere if left out. */
  readonly log?: LogSink;
}

/**
 * Serves models inside this page: what `fetch` is asked of the address that this gives is answered here, by the routes of the server
 * that `serve` starts in Node, with its limits and its refusals. It is no server for others: nothing listens, nothing leaves the page,
 * and nobody outside of it reaches the address, whose name no one can own (`.invalid`, RFC 6761, 2013). What is computed is computed in
 * Web Workers, which are ended where a job takes too long; how much memory they take, a page cannot see.
 *
 * While a service runs, `globalThis.fetch` is one that knows its address, and gives all else to the `fetch` that was there before, which
 * is put back when the last one is closed. `/metrics`, `/openapi.json` and `/docs` are there in Node only.
 *
 * @throws InputError if an option, the configuration or a model cannot be used, also one that only a server in Node could heed
 * @example
 * const server = await serve({ config: { models: [{ name: "lenet1" }] } });
 * console.log(server.url); // http://service-1.he-ml.invalid
 * await server.close();
 */
export async function serve(options: ServeOptions = {}): Promise<RunningServer> {
  const { startService } = await import("./service/start-service.js");
  return startService(options);
}
