import {
  readEngineOptions,
  storeLimits,
  workerLimits,
  type EngineOptions,
} from "../../engine/engine-options.js";
import type { Engine } from "../../engine/engine.js";
import { MemoryQueue } from "../../engine/memory-queue.js";
import { MemoryStore } from "../../engine/memory-store.js";
import { ServiceEngine } from "../../engine/service-engine.js";
import { ChildProcessPool } from "./child-process-pool.js";
import { modelIdentity } from "./model-identity.js";

/**
 * Starts an engine for one machine: all that it keeps is in this process's memory, and what it computes is computed in
 * processes beside it.
 *
 * @throws InputError if an option is unknown or out of range; Error if the processes do not start
 * @example
 * await using engine = await startLocalEngine({ processes: 2 });
 * const { programs } = await engine.compile({ net: "lenet1", path: "lenet1" }, { net: "lenet1" });
 */
export async function startLocalEngine(options: EngineOptions = {}): Promise<Engine> {
  const settings = readEngineOptions(options);
  const { processes, jobSeconds, jobBytes } = settings;
  const store = new MemoryStore(storeLimits(settings));
  try {
    const pool = await ChildProcessPool.start(store, {
      processes,
      limits: { seconds: jobSeconds, bytes: jobBytes },
      workerLimits: workerLimits(settings),
    });
    return new ServiceEngine(store, new MemoryQueue(store, pool, settings), settings, pool, modelIdentity);
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}
