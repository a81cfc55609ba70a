import { Queue, QueueEvents } from "bullmq";
import {
  EngineAwayError,
  QueueClosedError,
  QueueFullError,
  type Job,
  type JobOutcome,
  type JobQueue,
  type Store,
} from "../../../engine/engine-types.js";
import { JobExistsError } from "../../../engine/engine.js";
import type { Ending } from "../../../engine/memory-queue.js";
import { resultFromBytes } from "../../../engine/task-result-bytes.js";
import { closeWithin } from "./close-within.js";
import { Ends } from "./ends.js";
import { JobRecords, type JobRecord } from "./job-records.js";
import type { RedisConnection } from "./redis-connection.js";

/** BullMQ's name for it. */
export const queueName = "jobs";

export interface RedisQueueOptions {
  /** Of all keys. */
  readonly prefix: string;
  /** Jobs that may wait, of all servers together. */
  readonly mostQueued: number;
  /** How long outcomes are kept. */
  readonly resultSeconds: number;
}

/** What a worker gets: names, no bytes. */
export interface RunData extends Pick<Job, "id" | "task"> {
  readonly resultSeconds: number;
}

/** Who waits is woken by an event; this often it looks for itself, should one have been missed. */
const lookMilliseconds = 2000;
const drainMilliseconds = 60_000;
/** Jobs that were accepted here, and are remembered until they end. */
const mostRemembered = 10_000;
const closeMilliseconds = 2000;
const longestRetrySeconds = 120;
/** How much the last interval between two ends counts for the guess when there will be room. */
const newest = 0.2;
const longestInterval = 10;

/** Jobs in Redis, which workers on any machine take. */
export class RedisQueue implements JobQueue {
  readonly #records: JobRecords;
  readonly #ends = new Ends();
  readonly #stop = new AbortController();
  /** Runs of jobs that were accepted here, and of which no end is known. */
  readonly #accepted = new Set<string>();
  #isClosed = false;
  #lastEnd = performance.now();
  /** Seconds between two ends, on average. */
  #interval = 1;

  private constructor(
    private readonly connection: RedisConnection,
    private readonly store: Store,
    private readonly options: RedisQueueOptions,
    private readonly queue: Queue<RunData>,
    private readonly events: QueueEvents,
  ) {
    this.#records = new JobRecords(connection, options.prefix);
    // Redis comes back, and those who wait look for themselves.
    queue.on("error", () => undefined);
    events.on("error", () => undefined);
    const ended = ({ jobId }: { readonly jobId: string }) => this.#ended(jobId);
    events.on("completed", ended).on("failed", ended).on("removed", ended);
    events.on("completed", () => this.#measure());
  }

  /** @throws Error if Redis goes away meanwhile */
  static async start(
    connection: RedisConnection,
    store: Store,
    options: RedisQueueOptions,
  ): Promise<RedisQueue> {
    const { prefix } = options;
    const queue = new Queue<RunData>(queueName, {
      connection: connection.client,
      prefix,
      streams: { events: { maxLen: 1000 } },
    });
    // It makes a connection of its own like this one.
    const events = new QueueEvents(queueName, { connection: connection.patientClient(), prefix });
    const started = new RedisQueue(connection, store, options, queue, events);
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
    return started;
  }

  async add({ id, owner, task, inputDigest = "" }: Job): Promise<void> {
    if (this.#isClosed && !(await this.#records.read(id))) throw new QueueClosedError();
    const { mostQueued, resultSeconds } = this.options;
    const wanted = { digest: inputDigest, owner, most: Math.max(1, mostQueued) };
    const admission = await this.#records.admit(id, wanted, (name) => this.queue.toKey(name));
    if (admission.state === "ended") return;
    if (admission.state === "other") {
      throw new JobExistsError(
        `job ${id}: there is one of this number with another input; take a new number`,
      );
    }
    if (admission.state === "full") throw new QueueFullError(this.#secondsUntilRoom(admission.before));
    const { run, turn } = admission;
    this.#remember(run);
    // BullMQ adds a run once, however often it is told to.
    await this.connection.run(() =>
      this.queue.add(
        task.kind,
        { id, task, resultSeconds },
        { jobId: run, priority: turn, removeOnComplete: true, removeOnFail: { age: resultSeconds } },
      ),
    );
    await this.#records.arrived(run);
  }

  async outcome(id: string, milliseconds: number, signal?: AbortSignal): Promise<JobOutcome | undefined> {
    const end = performance.now() + milliseconds;
    const isLate = () => performance.now() >= end || signal?.aborted === true;
    let record: JobRecord | undefined;
    for (;;) {
      try {
        record = await this.#records.read(id);
        const outcome = record && (await this.#outcomeOf(id, record));
        if (!outcome || hasEnded(outcome) || isLate()) return outcome;
      } catch (error) {
        if (!(error instanceof EngineAwayError) || isLate()) throw error;
      }
      const wait = Math.min(end - performance.now(), lookMilliseconds);
      await this.#ends.wait(record?.run ?? "", wait, signal);
    }
  }

  async #outcomeOf(id: string, { run, ending }: JobRecord): Promise<JobOutcome | undefined> {
    if (ending) return this.#endedAs(id, run, ending);
    const state = await this.connection.run(() => this.queue.getJobState(run));
    switch (state) {
      case "active":
        return { state: "running", before: 0 };
      case "failed":
        return diedTooOften;
      case "unknown":
      case "completed": {
        // It may have ended between the two looks.
        const now = await this.#records.read(id);
        return now?.ending && this.#endedAs(id, now.run, now.ending);
      }
      default:
        return { state: "queued", before: await this.#before(run) };
    }
  }

  async #endedAs(id: string, run: string, ending: Ending): Promise<JobOutcome | undefined> {
    if (ending.state !== "done") return ending;
    const bytes = await this.store.get("result", run);
    if (bytes) return { ...ending, result: resultFromBytes(bytes) };
    // Results go where room is short: it can be done again.
    await this.#records.forget(id, run);
    return undefined;
  }

  async #before(run: string): Promise<number> {
    const rank = await this.connection.run((client) => client.zrank(this.queue.toKey("prioritized"), run));
    return rank ?? 0;
  }

  async cancel(id: string): Promise<void> {
    const record = await this.#records.read(id);
    if (!record) return;
    const { run } = record;
    await this.#records.forget(id, run);
    // One that is being done stays: its worker looks whether it is still wanted.
    await this.connection.run(() => this.queue.remove(run));
    await this.store.delete("input", id);
    await this.store.delete("result", run);
    this.#ended(run);
  }

  async depth(): Promise<{ readonly queued: number; readonly running: number; readonly workers: number }> {
    const [{ prioritized, waiting, active }, workers] = await this.connection.run(() =>
      Promise.all([
        this.queue.getJobCounts("prioritized", "waiting", "active"),
        this.queue.getWorkersCount(),
      ]),
    );
    return { queued: prioritized + waiting, running: active, workers };
  }

  /** What was accepted here and is not done after a minute is left to the workers, and its answers to other servers. */
  async drain(): Promise<void> {
    this.#isClosed = true;
    const end = performance.now() + drainMilliseconds;
    const isLate = () => performance.now() >= end || this.#stop.signal.aborted;
    while (this.#accepted.size > 0 && !isLate()) {
      const [run] = this.#accepted;
      const state = await this.connection.run(() => this.queue.getJobState(run)).catch(() => "away");
      if (isOver(state)) this.#accepted.delete(run);
      else await this.#ends.wait(run, lookMilliseconds, this.#stop.signal);
    }
  }

  /** Jobs stay in Redis. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#stop.abort();
    await closeWithin(closeMilliseconds, this.events.close(), this.queue.close());
  }

  #ended(run: string): void {
    this.#accepted.delete(run);
    this.#ends.ended(run);
  }

  #remember(run: string): void {
    this.#accepted.add(run);
    const [oldest] = this.#accepted;
    if (this.#accepted.size > mostRemembered) this.#accepted.delete(oldest);
  }

  #measure(): void {
    const now = performance.now();
    const seconds = Math.min((now - this.#lastEnd) / 1000, longestInterval);
    this.#lastEnd = now;
    this.#interval += newest * (seconds - this.#interval);
  }

  #secondsUntilRoom(before: number): number {
    return Math.min(longestRetrySeconds, Math.max(1, Math.ceil(this.#interval * before)));
  }
}

const diedTooOften: JobOutcome = {
  state: "failed",
  why: "died",
  reason: "job: those that did it died, one after the other; send it again, or ask for less at once",
};

const isOver = (state: string) => ["completed", "failed", "unknown"].includes(state);

const hasEnded = ({ state }: JobOutcome) => state !== "queued" && state !== "running";
