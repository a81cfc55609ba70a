import { InputError } from "../errors.js";
import type { Program } from "../program/program.js";
import { InProcessExecutor } from "../service/in-process.js";
import { Server as ServerInThisThread, type ServerOptions, type StartExecutor } from "../service/server.js";
import { onThreads } from "../threads/on-threads.js";
import type { WebWorker } from "./threads/web-worker.js";
import { webWorkers } from "./threads/web-workers.js";

/** A server that computes on Web Workers where the page is cross-origin isolated, and else in the thread that starts it. */
export class Server extends ServerInThisThread {
  /**
   * Encodes the weights, in this thread or in Web Workers of its own.
   *
   * @throws InputError if there are to be threads and the page is not isolated, the number of threads is none, a weight does not
   *   fit, the evaluator asked for cannot be used, or there is no room for the keys of one client
   */
  static override start(program: Program, options: ServerOptions = {}): Promise<Server> {
    return this.startBy(isIsolated() ? onWebWorkers : inThisThread, program, options);
  }
}

/** Declared in TypeScript's DOM library only, which the library does without. */
declare const Worker: new (script: URL, options: { readonly type: "module" }) => WebWorker;

const isIsolated = () =>
  (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated === true;

const onWebWorkers = onThreads(
  () => navigator.hardwareConcurrency,
  // In these words bundlers know it for a worker.
  async () =>
    webWorkers(() => new Worker(new URL("./thread-worker.js", import.meta.url), { type: "module" })),
);

const inThisThread: StartExecutor = async (content, { threads = 0, evaluator }) => {
  if (threads === 0) return InProcessExecutor.start(content, evaluator);
  throw new InputError(
    `server: threads: expected 0, as threads share memory (SharedArrayBuffer), which only a page has that is cross-origin ` +
      `isolated, got ${threads}; serve page and scripts with the headers "Cross-Origin-Opener-Policy: same-origin" and ` +
      `"Cross-Origin-Embedder-Policy: require-corp", as "he-ml site --serve" does, or leave threads out`,
  );
};
