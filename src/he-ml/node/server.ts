import { availableParallelism } from "node:os";
import type { Program } from "../program/program.js";
import { Server as ServerInThisThread, type ServerOptions } from "../service/server.js";
import { onThreads } from "../threads/on-threads.js";

/** A server that computes on worker threads, too. */
export class Server extends ServerInThisThread {
  /**
   * Encodes the weights, in this thread or in workers.
   *
   * @throws InputError if the number of threads is none, a weight does not fit, the evaluator asked for cannot be used, or
   *   there is no room for the keys of one client
   */
  static override start(program: Program, options: ServerOptions = {}): Promise<Server> {
    return this.startBy(onWorkerThreads, program, options);
  }
}

const onWorkerThreads = onThreads(availableParallelism, async () => {
  const { piscinaWorkers } = await import("./threads/piscina-workers.js");
  return piscinaWorkers(new URL("./threads/worker.js", import.meta.url));
});
