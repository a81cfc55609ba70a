import { requirePackages } from "../../optional-packages.js";
import {
  readEngineOptions,
  storeLimits,
  workerLimits,
  type EngineOptions,
} from "../../../engine/engine-options.js";
import type { Engine } from "../../../engine/engine.js";
import { ServiceEngine } from "../../../engine/service-engine.js";
import { ChildProcessPool } from "../child-process-pool.js";
import { modelIdentity } from "../model-identity.js";

export interface RedisOptions {
  /** `redis://user:password@host:port/number`, or `rediss:` for TLS. */
  readonly url: string;
  /** With which all keys in Redis begin: servers and workers with the same one belong together. `he-ml` if left out. */
  readonly prefix?: string;
  /** Told in a line that Redis went away, or is back. */
  readonly report?: (line: string) => void;
}

const usualPrefix = "he-ml";

/** Of a server: `processes`, `jobSeconds`, `jobBytes` and `mostDegree` are its workers'. */
export interface RedisEngineOptions extends RedisOptions, EngineOptions {}

/** A client of a server waits; nobody does at a worker. */
const serverPatienceSeconds = 3;

/**
 * Starts an engine for one of any number of servers, whose sessions and jobs are in Redis. It computes nothing: workers do.
 *
 * @throws InputError if an option is unknown or out of range, packages are not installed, or Redis does not answer
 * @example await using engine = await startRedisEngine({ url: "redis://127.0.0.1:6379" });
 */
export async function startRedisEngine({
  url,
  prefix = usualPrefix,
  report,
  ...options
}: RedisEngineOptions): Promise<Engine> {
  const settings = readEngineOptions(options);
  requirePackages("redis");
  const [{ RedisConnection }, { RedisStore }, { RedisQueue }] = await Promise.all([
    import("./redis-connection.js"),
    import("./redis-store.js"),
    import("./redis-queue.js"),
  ]);
  const connection = await RedisConnection.open({ url, patienceSeconds: serverPatienceSeconds, report });
  const store = new RedisStore(connection, prefix, storeLimits(settings));
  const { mostQueued, resultSeconds } = settings;
  try {
    const queue = await RedisQueue.start(connection, store, { prefix, mostQueued, resultSeconds });
    return new ServiceEngine(store, queue, settings, undefined, modelIdentity);
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** A worker that computes for all servers with the same Redis and prefix. */
export interface RunningWorker extends AsyncDisposable {
  /** The URL, without what is secret in it. */
  readonly redis: string;
  /** How many compute. */
  readonly processes: number;
  /** Takes nothing more, finishes what it took, and ends. Disposing stops at once: another worker does it again then. */
  close(): Promise<void>;
}

/**
 * Starts a worker. It loads models by the paths that servers give, and so must have the same files.
 *
 * @throws InputError if an option is unknown or out of range, packages are not installed, or Redis does not answer
 * @example await using worker = await startRedisWorker({ url: "redis://127.0.0.1:6379", processes: 2 });
 */
export async function startRedisWorker({
  url,
  prefix = usualPrefix,
  report,
  ...options
}: RedisEngineOptions): Promise<RunningWorker> {
  const settings = readEngineOptions(options);
  requirePackages("redis");
  const [{ RedisConnection }, { RedisStore }, { RedisWorker }] = await Promise.all([
    import("./redis-connection.js"),
    import("./redis-store.js"),
    import("./redis-worker.js"),
  ]);
  const { processes, jobSeconds, jobBytes } = settings;
  const connection = await RedisConnection.open({ url, patienceSeconds: Infinity, report });
  const store = new RedisStore(connection, prefix, storeLimits(settings));
  /** Those that need others come before them. */
  const parts: AsyncDisposable[] = [store];
  const dispose = async () => {
    for (const part of parts.splice(0)) await part[Symbol.asyncDispose]();
  };
  try {
    const pool = await ChildProcessPool.start(store, {
      processes,
      limits: { seconds: jobSeconds, bytes: jobBytes },
      workerLimits: workerLimits(settings),
    });
    parts.unshift(pool);
    const worker = await RedisWorker.start(connection, prefix, store, pool);
    parts.unshift(worker);
    const close = async () => {
      await worker.close();
      await dispose();
    };
    return { redis: connection.shownUrl, processes, close, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
