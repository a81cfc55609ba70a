import { randomUUID } from "node:crypto";
import { StoreFullError, storeKinds, type Store, type StoreKind } from "../../../engine/engine-types.js";
import { isLasting, type StoreLimits } from "../../../engine/memory-store.js";
import type { RedisConnection } from "./redis-connection.js";
import { forgetScript, keepScript, usageScript, useScript } from "./store-scripts.js";

/** What Redis takes as one value. */
const mostValueBytes = 512 * 2 ** 20 - 1;
/** A value that came, but was not put in its place because the connection was lost then, goes after so long. */
const incomingSeconds = 600;

/** Keeps bytes in Redis, where all servers and workers that use the same prefix share them. */
export class RedisStore implements Store {
  /**
   * @param prefix of all keys
   * @param limits of all that is kept under this prefix; who puts something sees to them
   */
  constructor(
    private readonly connection: RedisConnection,
    private readonly prefix: string,
    private readonly limits: StoreLimits,
  ) {}

  async put(kind: StoreKind, id: string, bytes: Uint8Array, secondsToLive: number): Promise<void> {
    const { bytes: mostBytes, entries = Number.MAX_SAFE_INTEGER } = this.limits[kind];
    const { length } = bytes;
    if (length > mostValueBytes) {
      throw new StoreFullError(`store: expected at most ${mostValueBytes} bytes (${kind}), got ${length}`);
    }
    const incoming = `${this.prefix}:incoming:${randomUUID()}`;
    const value = Buffer.from(bytes.buffer, bytes.byteOffset, length);
    const live = Math.ceil(1000 * secondsToLive);
    const taken = await this.connection.run(async (client) => {
      // As a script's argument it would be copied once more.
      await client.set(incoming, value, "EX", incomingSeconds);
      const args = [id, length, live, mostBytes, entries, isLasting(kind) ? 1 : 0];
      return keepScript.run(client, [...this.#shelf(kind), incoming], [this.#values(kind), ...args]);
    });
    if (taken === -1) return;
    throw new StoreFullError(
      `store: there is no room for ${length} bytes more (${kind}): ${String(taken)} of ${mostBytes} are taken`,
    );
  }

  async get(kind: StoreKind, id: string, secondsToLive?: number): Promise<Uint8Array | undefined> {
    const [value] = await this.connection.run((client) =>
      Promise.all([
        client.getBuffer(this.#values(kind) + id),
        useScript.run(client, this.#shelf(kind), [this.#values(kind), id, liveArgument(secondsToLive)]),
      ]),
    );
    return value === null ? undefined : new Uint8Array(value.buffer, value.byteOffset, value.length);
  }

  async touch(kind: StoreKind, id: string, secondsToLive: number): Promise<boolean> {
    const args = [this.#values(kind), id, liveArgument(secondsToLive)];
    return (await this.connection.run((client) => useScript.run(client, this.#shelf(kind), args))) === 1;
  }

  async delete(kind: StoreKind, id: string): Promise<void> {
    await this.connection.run((client) =>
      forgetScript.run(client, this.#shelf(kind), [this.#values(kind), id]),
    );
  }

  async usage(): Promise<Readonly<Record<StoreKind, { readonly entries: number; readonly bytes: number }>>> {
    const usage = await this.connection.run((client) =>
      Promise.all(
        storeKinds.map(async (kind) => {
          const counts = await usageScript.run(client, this.#shelf(kind), [this.#values(kind)]);
          const [entries, bytes] = counts as [number, number];
          return [kind, { entries, bytes }] as const;
        }),
      ),
    );
    return Object.fromEntries(usage) as Awaited<ReturnType<Store["usage"]>>;
  }

  /** Closes the connection; what is kept stays in Redis. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection[Symbol.asyncDispose]();
  }

  #values(kind: StoreKind): string {
    return `${this.prefix}:${kind}:`;
  }

  #shelf(kind: StoreKind): string[] {
    return ["sizes", "used", "expires", "bytes"].map((what) => `${this.prefix}:shelf:${kind}:${what}`);
  }
}

const liveArgument = (seconds?: number) => (seconds === undefined ? "" : Math.ceil(1000 * seconds));
