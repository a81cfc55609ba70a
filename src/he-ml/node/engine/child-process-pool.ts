import type { Store } from "../../engine/engine-types.js";
import { WorkerPool, type WorkerPoolOptions } from "../../engine/worker-pool.js";
import { openProcess } from "./worker-process.js";

const workerFile = new URL("./worker/main.js", import.meta.url);

/** A pool whose workers are processes, which can be killed and whose memory is watched. */
export class ChildProcessPool extends WorkerPool {
  /**
   * Starts the processes.
   *
   * @param file what they run
   * @throws Error if they do not start
   */
  static start(store: Store, options: WorkerPoolOptions, file = workerFile): Promise<ChildProcessPool> {
    return new ChildProcessPool(store, options, (listener) =>
      openProcess(file, options.limits.bytes, listener),
    ).start();
  }
}
