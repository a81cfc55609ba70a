import { InputError } from "../errors.js";
import {
  QueueClosedError,
  QueueFullError,
  TaskFailedError,
  type Job,
  type JobOutcome,
  type JobQueue,
  type ProcessPool,
  type Store,
  type TaskFailure,
  type TaskResult,
} from "./engine-types.js";
import { JobExistsError } from "./engine.js";
import { FairTurns } from "./fair-turns.js";
import { resultFromBytes, resultToBytes } from "./task-result-bytes.js";

export interface MemoryQueueOptions {
  /** Jobs that may wait, beside those that are being done. */
  readonly mostQueued: number;
  /** How long outcomes are kept. */
  readonly resultSeconds: number;
}

/** How a job ended; its result is in the store. */
export type Ending =
  | { readonly state: "done"; readonly queueMilliseconds: number }
  | { readonly state: "refused"; readonly reason: string }
  | { readonly state: "failed"; readonly why: TaskFailure; readonly reason: string };

interface Entry {
  readonly job: Job;
  /** By `performance.now()`. */
  readonly added: number;
  readonly stop: AbortController;
  /** To be called when it has ended, or is forgotten. */
  readonly waiting: Set<() => void>;
  isRunning: boolean;
  ending?: Ending;
  /** By `performance.now()`. */
  expires?: number;
}

/** A process may die of what another task did before; whose task kills two is not given a third. */
const mostAttempts = 2;
/** Outcomes that are kept, however many jobs there are. */
const mostEnded = 10_000;
/** How much the last duration counts for the guess when there will be room. */
const newest = 0.2;

/** Jobs in this process, done by a pool's. */
export class MemoryQueue implements JobQueue {
  readonly #entries = new Map<string, Entry>();
  /** Those that have ended, the oldest first. */
  readonly #ended = new Set<Entry>();
  readonly #turns = new FairTurns<Entry>();
  readonly #drained = new Set<() => void>();
  /** That have a process. */
  #running = 0;
  /** That have no ending yet. */
  #unended = 0;
  #isClosed = false;
  /** Of the last tasks, on average. */
  #seconds = 1;

  constructor(
    private readonly store: Store,
    private readonly pool: ProcessPool,
    private readonly options: MemoryQueueOptions,
  ) {}

  async add(job: Job): Promise<void> {
    this.#forgetExpired();
    const known = await this.#known(job.id);
    if (known) {
      if (known.job.inputDigest === job.inputDigest) return;
      throw new JobExistsError(
        `job ${job.id}: there is one of this number with another input; take a new number`,
      );
    }
    if (this.#isClosed) throw new QueueClosedError();
    const isFull = this.#turns.size >= this.options.mostQueued && this.#running >= this.pool.size;
    if (isFull) throw new QueueFullError(this.#secondsUntilRoom());
    const entry: Entry = {
      job,
      added: performance.now(),
      stop: new AbortController(),
      waiting: new Set(),
      isRunning: false,
    };
    this.#entries.set(job.id, entry);
    this.#turns.add(job.owner, entry);
    this.#startNext();
  }

  /** A job with an outcome, or that is to have one. */
  async #known(id: string): Promise<Entry | undefined> {
    const entry = this.#entries.get(id);
    if (entry?.ending?.state !== "done" || (await this.store.get("result", id))) return entry;
    // There was no room for its result any more: it is done again.
    this.#forget(entry);
    return undefined;
  }

  async outcome(id: string, milliseconds: number, signal?: AbortSignal): Promise<JobOutcome | undefined> {
    this.#forgetExpired();
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    if (!entry.ending && milliseconds > 0) await ended(entry, milliseconds, signal);
    if (this.#entries.get(id) !== entry) return undefined;
    if (entry.ending) return this.#outcomeOf(id, entry.ending);
    if (entry.isRunning) return { state: "running", before: 0 };
    return { state: "queued", before: this.#turns.before(entry.job.owner, entry) };
  }

  async #outcomeOf(id: string, ending: Ending): Promise<JobOutcome | undefined> {
    if (ending.state !== "done") return ending;
    const bytes = await this.store.get("result", id);
    return bytes && { ...ending, result: resultFromBytes(bytes) };
  }

  async cancel(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#forget(entry);
    await this.store.delete("input", id);
    await this.store.delete("result", id);
    this.#startNext();
  }

  async depth(): Promise<{ readonly queued: number; readonly running: number }> {
    return { queued: this.#turns.size, running: this.#running };
  }

  async drain(): Promise<void> {
    this.#isClosed = true;
    if (this.#unended + this.#turns.size === 0) return;
    await new Promise<void>((resolve) => this.#drained.add(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const entry of this.#entries.values()) this.#forget(entry);
    await this.drain();
  }

  #startNext(): void {
    while (this.#running < this.pool.size) {
      const entry = this.#turns.take();
      if (!entry) break;
      this.#running++;
      this.#unended++;
      entry.isRunning = true;
      void this.#do(entry).finally(() => {
        this.#unended--;
        this.#tellIfDrained();
      });
    }
    const { next } = this.#turns;
    if (next) this.pool.expect(next.job.id, next.job.task);
    this.#tellIfDrained();
  }

  #tellIfDrained(): void {
    if (!this.#isClosed || this.#unended + this.#turns.size > 0) return;
    for (const resolve of this.#drained) resolve();
    this.#drained.clear();
  }

  async #do(entry: Entry): Promise<void> {
    const { id } = entry.job;
    const started = performance.now();
    const queueMilliseconds = started - entry.added;
    let ending: Ending;
    try {
      // The process goes on with the next, while this one's result is put away and told.
      const result = await attempt(this.pool, entry.job, entry.stop.signal).finally(() => {
        this.#running--;
        this.#startNext();
      });
      if (!entry.stop.signal.aborted) {
        await this.store.put("result", id, resultToBytes(result), this.options.resultSeconds);
      }
      ending = { state: "done", queueMilliseconds };
    } catch (error) {
      ending = endingBy(error);
    }
    this.#seconds += newest * ((performance.now() - started) / 1000 - this.#seconds);
    if (entry.stop.signal.aborted) {
      // The same number may be in use again.
      if (!this.#entries.has(id)) await this.store.delete("result", id);
      return;
    }
    entry.isRunning = false;
    entry.ending = ending;
    entry.expires = performance.now() + 1000 * this.options.resultSeconds;
    this.#ended.add(entry);
    for (const wake of entry.waiting) wake();
    await this.store.delete("input", id);
  }

  #forget(entry: Entry): void {
    const { id, owner } = entry.job;
    this.#entries.delete(id);
    this.#ended.delete(entry);
    this.#turns.remove(owner, entry);
    entry.stop.abort();
    for (const wake of entry.waiting) wake();
  }

  #forgetExpired(): void {
    const now = performance.now();
    for (const entry of this.#ended) {
      if (entry.expires! > now && this.#ended.size <= mostEnded) return;
      this.#forget(entry);
    }
  }

  #secondsUntilRoom(): number {
    return Math.max(1, Math.ceil((this.#seconds * (this.#turns.size + 1)) / this.pool.size));
  }
}

/** Does a job's task, and once more where its process died. @throws as `ProcessPool.run` does */
export async function attempt(
  pool: Pick<ProcessPool, "run">,
  { id, task }: Pick<Job, "id" | "task">,
  signal: AbortSignal,
): Promise<TaskResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await pool.run(id, task, signal);
    } catch (error) {
      const isMayBeOthers = error instanceof TaskFailedError && error.why === "died";
      if (!isMayBeOthers || attempt === mostAttempts || signal.aborted) throw error;
    }
  }
}

export function endingBy(error: unknown): Ending {
  if (error instanceof InputError) return { state: "refused", reason: error.message };
  if (error instanceof TaskFailedError) return { state: "failed", why: error.why, reason: error.message };
  return { state: "failed", why: "died", reason: "job: the server could not do it; send it again" };
}

async function ended(entry: Entry, milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      entry.waiting.delete(wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    signal?.addEventListener("abort", wake, { once: true });
    entry.waiting.add(wake);
  });
}
