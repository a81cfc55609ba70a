import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { InputError } from "../../../errors.js";
import { EngineAwayError, StoreFullError } from "../../../engine/engine-types.js";

export interface RedisConnectionOptions {
  /** `redis://user:password@host:port/number`, or `rediss:` for TLS. */
  readonly url: string;
  /** How long commands wait while Redis is away; `Infinity` for who has nobody waiting. */
  readonly patienceSeconds: number;
  /** Told in a line that Redis went away, or is back. */
  readonly report?: (line: string) => void;
}

const connectMilliseconds = 5000;
/** For a reply. One takes milliseconds, and seconds where hundreds of megabytes go to a slow disk. */
const replyMilliseconds = 15_000;
const longestRetryMilliseconds = 500;
const pauseMilliseconds = 50;
const disconnectMilliseconds = 200;
const retryAfterSeconds = 5;
const mostWaiting = 10_000;

/** A connection that comes back by itself, and on which nothing waits without bound. */
export class RedisConnection implements AsyncDisposable {
  #isClosed = false;

  private constructor(
    readonly client: Redis,
    /** Without what is secret in it. */
    readonly shownUrl: string,
    private readonly patienceSeconds: number,
  ) {}

  /** @throws InputError if the URL is none of Redis, or nobody answers there */
  static async open({ url, patienceSeconds, report }: RedisConnectionOptions): Promise<RedisConnection> {
    const shown = withoutSecrets(url);
    let isOpen = false;
    const client = new Redis(url, {
      lazyConnect: true,
      connectTimeout: connectMilliseconds,
      commandTimeout: replyMilliseconds,
      keepAlive: 10_000,
      disconnectTimeout: disconnectMilliseconds,
      // What cannot be sent fails at once, and is tried again by `run` for as long as there is patience.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // Who has never answered is not waited for.
      retryStrategy: (times) => (isOpen ? retryMilliseconds(times) : null),
    });
    // All requests wait for the same connection.
    client.setMaxListeners(mostWaiting);
    let lastError = "it closed the connection";
    client.on(
      "error",
      ({ message, code }: NodeJS.ErrnoException) => (lastError = message || code || lastError),
    );
    try {
      await client.connect();
      isOpen = true;
    } catch {
      client.disconnect();
      throw new InputError(
        `redis: ${shown} cannot be used: ${lastError}; give another URL, with user and password if it asks for them, or start it, ` +
          `as redis-server --appendonly yes --appendfsync always`,
      );
    }
    let isAway = false;
    client.on("close", () => {
      if (!isAway) report?.(`redis: ${shown} is away`);
      isAway = true;
    });
    client.on("ready", () => {
      isAway = false;
      report?.(`redis: ${shown} is back`);
    });
    return new RedisConnection(client, shown, patienceSeconds);
  }

  /**
   * Sends commands, and all of them again if the connection is lost meanwhile: twice must come to the same as once.
   *
   * @throws EngineAwayError if Redis stays away; StoreFullError if it has no memory left
   */
  async run<T>(commands: (client: Redis) => Promise<T>): Promise<T> {
    const end = performance.now() + 1000 * this.patienceSeconds;
    for (;;) {
      try {
        await this.#untilReady(end);
        return await commands(this.client);
      } catch (error) {
        if (isOutOfMemory(error))
          throw new StoreFullError("store: Redis has no memory left; come back later");
        if (this.#isClosed || !this.#isPassing(error)) throw error;
        if (performance.now() >= end) throw new EngineAwayError(retryAfterSeconds);
      }
      await delay(pauseMilliseconds);
    }
  }

  /** Another connection, not made yet, for BullMQ to wait on: what it sends is bounded, and may wait for ever. */
  patientClient(): Redis {
    const client = this.client.duplicate({
      enableOfflineQueue: true,
      maxRetriesPerRequest: null,
      commandTimeout: undefined,
      // Copies that BullMQ makes of it end with this connection, too.
      retryStrategy: (times: number): number | null => (this.#isClosed ? null : retryMilliseconds(times)),
    });
    client.on("error", () => undefined);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.client.removeAllListeners("close");
    this.client.disconnect();
  }

  async #untilReady(end: number): Promise<void> {
    if (this.client.status === "ready" || this.#isClosed) return;
    const left = end - performance.now();
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.client.off("ready", done).off("end", done);
        resolve();
      };
      const timer = left === Infinity ? undefined : setTimeout(done, Math.max(0, left));
      this.client.once("ready", done).once("end", done);
    });
  }

  /** Whether it may go better soon: what Redis did not answer, or answered that it cannot just now. */
  #isPassing(error: unknown): boolean {
    if (!(error instanceof Error)) return false;
    if (error.name === "ReplyError")
      return /^(LOADING|MISCONF|READONLY|MASTERDOWN|BUSY)\b/.test(error.message);
    return this.client.status !== "ready" || lostConnection.test(`${error.name}: ${error.message}`);
  }
}

const retryMilliseconds = (times: number) => Math.min(50 * times, longestRetryMilliseconds);

const lostConnection =
  /MaxRetriesPerRequestError|AbortError|Connection is closed|Stream isn't writeable|Command timed out|\bE(CONN|PIPE|TIMEDOUT)/;

/** @throws InputError unless it is a URL of Redis */
function withoutSecrets(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed?.hostname || !["redis:", "rediss:"].includes(parsed.protocol)) {
    throw new InputError("redis: expected a URL such as redis://127.0.0.1:6379, or rediss:// for TLS");
  }
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}

const isOutOfMemory = (error: unknown) =>
  error instanceof Error && error.name === "ReplyError" && error.message.startsWith("OOM");
