import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { storeKinds, type ProcessPool } from "../../../../../src/he-ml/engine/engine-types.js";
import type { StoreLimit, StoreLimits } from "../../../../../src/he-ml/engine/memory-store.js";
import { RedisConnection } from "../../../../../src/he-ml/node/engine/redis/redis-connection.js";
import { RedisQueue } from "../../../../../src/he-ml/node/engine/redis/redis-queue.js";
import { RedisStore } from "../../../../../src/he-ml/node/engine/redis/redis-store.js";
import { RedisWorker } from "../../../../../src/he-ml/node/engine/redis/redis-worker.js";

/** Waits until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20);
}

export const limitsOf = (limit: StoreLimit) =>
  Object.fromEntries(storeKinds.map((kind) => [kind, limit])) as StoreLimits;

const prefix = "bench";

/** Servers' queues and workers' loops on one Redis, each as if it were a process of its own. */
export class Bench implements AsyncDisposable {
  readonly #parts: AsyncDisposable[] = [];

  constructor(private readonly url: string) {}

  async server({ mostQueued = 64, resultSeconds = 600 } = {}): Promise<{
    queue: RedisQueue;
    store: RedisStore;
  }> {
    const [connection, store] = await this.#store(1);
    const queue = await RedisQueue.start(connection, store, { prefix, mostQueued, resultSeconds });
    this.#parts.unshift(queue);
    return { queue, store };
  }

  async worker(pool: ProcessPool): Promise<RedisWorker> {
    const [connection, store] = await this.#store(Infinity);
    const worker = await RedisWorker.start(connection, prefix, store, pool);
    this.#parts.unshift(worker);
    return worker;
  }

  /** As Redis does that is short of memory. */
  async forgetResults(): Promise<void> {
    const client = new Redis(this.url);
    for (const key of await client.keys(`${prefix}:result:*`)) await client.del(key);
    client.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#parts.splice(0)) await part[Symbol.asyncDispose]();
  }

  async #store(patienceSeconds: number) {
    const connection = await RedisConnection.open({ url: this.url, patienceSeconds });
    const store = new RedisStore(connection, prefix, limitsOf({ bytes: 2 ** 30 }));
    this.#parts.unshift(store);
    return [connection, store] as const;
  }
}
