import { Worker, type Job } from "bullmq";
import type { Redis } from "ioredis";
import { attempt, endingBy, type Ending } from "../../../engine/memory-queue.js";
import type { ProcessPool, Store } from "../../../engine/engine-types.js";
import { resultToBytes } from "../../../engine/task-result-bytes.js";
import { closeWithin } from "./close-within.js";
import { JobRecords } from "./job-records.js";
import type { RedisConnection } from "./redis-connection.js";
import { queueName, type RunData } from "./redis-queue.js";

/** A worker that died is noticed after one to two of these. */
const lockMilliseconds = 4000;
const stalledMilliseconds = 2000;
/** Runs are begun again if their worker died, or Redis was away for longer than a lock lasts; whoever dies of it each time is not harmed for ever. */
const mostStalls = 3;
/** How often a worker looks whether what it does is still wanted. */
const lookMilliseconds = 500;
const retryMilliseconds = 500;
const closeMilliseconds = 2000;

/** Takes jobs out of Redis, as many at a time as there are processes, and has them done. */
export class RedisWorker implements AsyncDisposable {
  readonly #records: JobRecords;
  readonly #running = new Map<string, { readonly id: string; readonly stop: AbortController }>();
  readonly #worker: Worker<RunData>;
  readonly #client: Redis;
  readonly #looking: NodeJS.Timeout;
  #isLooking = false;

  private constructor(
    connection: RedisConnection,
    prefix: string,
    private readonly store: Store,
    private readonly pool: ProcessPool,
  ) {
    this.#records = new JobRecords(connection, prefix);
    this.#client = connection.patientClient();
    this.#worker = new Worker<RunData>(queueName, (job) => this.#do(job), {
      connection: this.#client,
      prefix,
      concurrency: pool.size,
      lockDuration: lockMilliseconds,
      stalledInterval: stalledMilliseconds,
      maxStalledCount: mostStalls,
      runRetryDelay: retryMilliseconds,
    });
    // Redis comes back; a run whose lock was lost meanwhile is done twice, and its first result is taken.
    this.#worker.on("error", () => undefined);
    this.#looking = setInterval(() => void this.#look(), lookMilliseconds);
  }

  /** @throws Error if Redis goes away meanwhile */
  static async start(
    connection: RedisConnection,
    prefix: string,
    store: Store,
    pool: ProcessPool,
  ): Promise<RedisWorker> {
    const worker = new RedisWorker(connection, prefix, store, pool);
    await worker.#worker.waitUntilReady();
    return worker;
  }

  /**
   * Takes nothing more, and resolves when all that was taken is done. While Redis is away nothing can be done to its end: then it
   * resolves at once, and another worker does it again.
   */
  async close(): Promise<void> {
    if (this.#client.status !== "ready") return;
    const closing = this.#worker.close();
    while (this.#running.size > 0) await closeWithin(lookMilliseconds, closing);
    await closeWithin(closeMilliseconds, closing);
  }

  /** Stops at once; what was taken is done by another worker. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#looking);
    // Closed first, so that what is stopped does not count as done.
    const closing = this.#worker.close(true);
    for (const { stop } of this.#running.values()) stop.abort();
    await closeWithin(closeMilliseconds, closing);
    this.#client.disconnect();
  }

  async #do({ id: run = "", data, timestamp, processedOn = timestamp }: Job<RunData>): Promise<void> {
    const { id, resultSeconds } = data;
    const stop = new AbortController();
    this.#running.set(run, { id, stop });
    try {
      const record = await this.#records.read(id);
      // It was cancelled; or whoever did it died just before it could say that it is done.
      if (record?.run !== run || record.ending) return;
      let ending: Ending;
      try {
        const result = await attempt(this.pool, data, stop.signal);
        await this.store.put("result", run, resultToBytes(result), resultSeconds);
        ending = { state: "done", queueMilliseconds: Math.max(0, processedOn - timestamp) };
      } catch (error) {
        if (stop.signal.aborted) return;
        ending = endingBy(error);
      }
      if (await this.#records.end(id, run, ending, resultSeconds)) await this.store.delete("input", id);
      else await this.store.delete("result", run);
    } finally {
      this.#running.delete(run);
    }
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      for (const [run, { id, stop }] of this.#running) {
        const record = await this.#records.read(id);
        if (record?.run !== run) stop.abort();
      }
    } catch {
      // Redis is away for good: the connection was closed.
    } finally {
      this.#isLooking = false;
    }
  }
}
