import { InputError } from "../errors.js";
import type { ProcessPool, Store, Task, TaskLimits, TaskResult } from "./engine-types.js";
import { TaskWorker, type PlaceListener, type WorkerPlace } from "./task-worker.js";
import type { WorkerLimits } from "./worker-messages.js";

export interface WorkerPoolOptions {
  readonly processes: number;
  readonly limits: TaskLimits;
  readonly workerLimits: WorkerLimits;
}

/** A larger input waits where it is: what a process holds counts as its task's memory. */
const mostAheadBytes = 2 ** 24;
/** If a process does not start, another one does after so long, and after twice as long the next time. */
const firstDelayMilliseconds = 250;
const longestDelayMilliseconds = 8000;

interface Waiting {
  readonly task: Task;
  readonly take: (worker: TaskWorker) => void;
  readonly fail: (reason: unknown) => void;
}

/** A pool of workers on this machine. One that dies, or is stopped at a limit, is replaced at once. */
export class WorkerPool implements ProcessPool {
  readonly #workers = new Set<TaskWorker>();
  readonly #idle = new Set<TaskWorker>();
  /** Those that do something, who began first first. */
  readonly #busy = new Set<TaskWorker>();
  readonly #waiting: Waiting[] = [];
  readonly #delays = new Set<ReturnType<typeof setTimeout>>();
  /** The job that is likely to be next. */
  #expected?: { readonly id: string; isSent: boolean };
  #failedStarts = 0;
  #replaced = 0;
  #isClosed = false;

  /** @param open starts what one worker runs in */
  constructor(
    private readonly store: Store,
    private readonly options: WorkerPoolOptions,
    private readonly open: (listener: PlaceListener) => WorkerPlace,
  ) {}

  /**
   * Starts the workers, once.
   *
   * @throws Error if they do not start
   */
  async start(): Promise<this> {
    try {
      await Promise.all(Array.from({ length: this.size }, () => this.#startWorker()));
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  get size(): number {
    return this.options.processes;
  }

  get idle(): number {
    return this.#idle.size;
  }

  get alive(): number {
    return this.#workers.size;
  }

  get replaced(): number {
    return this.#replaced;
  }

  async run(id: string, task: Task, signal?: AbortSignal): Promise<TaskResult> {
    const input = task.kind === "compile" ? undefined : await this.store.get("input", id);
    if (task.kind !== "compile" && !input) {
      throw new InputError("job: its input is no longer kept; send it again");
    }
    const worker = await this.#acquire(task, signal);
    if (this.#expected?.id === id) this.#expected = undefined;
    this.#busy.add(worker);
    void this.#sendAhead();
    try {
      return await worker.run(id, task, input, signal);
    } finally {
      this.#busy.delete(worker);
      this.#release(worker);
    }
  }

  /** To the process that is likely to be free first: the one that has been busy for longest, and has none yet. */
  expect(id: string, task: Task): void {
    if (task.kind === "compile" || this.#expected?.id === id) return;
    this.#expected = { id, isSent: false };
    void this.#sendAhead();
  }

  async #sendAhead(): Promise<void> {
    const expected = this.#expected;
    if (!expected || expected.isSent) return;
    // Whoever runs the job comes to hear of what is wrong here.
    const input = await this.store.get("input", expected.id).catch(() => undefined);
    if (!input || input.length > mostAheadBytes || this.#expected !== expected || expected.isSent) return;
    const worker = [...this.#busy].find(({ canExpect }) => canExpect);
    if (!worker) return;
    expected.isSent = true;
    worker.expect(input);
  }

  forget(session: string): void {
    for (const worker of this.#workers) worker.forget(session);
  }

  /** Ends all processes, and whatever they do. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const delay of this.#delays) clearTimeout(delay);
    const reason = new Error("process pool: it is closed");
    for (const { fail } of this.#waiting.splice(0)) fail(reason);
    const workers = [...this.#workers];
    for (const worker of workers) worker.kill(reason);
    await Promise.all(workers.map(({ ended }) => ended));
  }

  /** @throws Error if it does not start */
  async #startWorker(): Promise<void> {
    const worker = new TaskWorker(this.open, this.store, this.options.limits, this.options.workerLimits);
    this.#workers.add(worker);
    let hasStarted = false;
    const gone = worker.ended.then(() => {
      this.#workers.delete(worker);
      this.#idle.delete(worker);
      if (this.#isClosed) return;
      if (hasStarted) this.#replace();
    });
    try {
      await worker.ready;
      if (worker.isGone) throw new Error("worker: it died when it had started");
      hasStarted = true;
      this.#failedStarts = 0;
      this.#release(worker);
    } catch (error) {
      await gone;
      throw error;
    }
  }

  #replace(): void {
    if (this.#isClosed) return;
    this.#replaced++;
    this.#startWorker().catch(() => {
      if (this.#isClosed) return;
      const delay = Math.min(firstDelayMilliseconds * 2 ** this.#failedStarts++, longestDelayMilliseconds);
      const timer = setTimeout(() => {
        this.#delays.delete(timer);
        this.#replace();
      }, delay);
      this.#delays.add(timer);
    });
  }

  /** A free process: one that has at hand what the task needs, where there is one. */
  async #acquire(task: Task, signal?: AbortSignal): Promise<TaskWorker> {
    if (this.#isClosed) throw new Error("process pool: it is closed");
    signal?.throwIfAborted();
    const worker = best(this.#idle, task);
    if (worker) {
      this.#idle.delete(worker);
      return worker;
    }
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal!.reason as Error);
      };
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          signal?.removeEventListener("abort", abort);
          settle(value);
        };
      const waiting: Waiting = { task, take: settled(resolve), fail: settled(reject) };
      this.#waiting.push(waiting);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  #release(worker: TaskWorker): void {
    if (worker.isGone || this.#isClosed) return;
    if (worker.isTired) return worker.kill(new Error("process pool: its memory is nearly full"));
    const next = this.#waiting.shift();
    if (next) next.take(worker);
    else this.#idle.add(worker);
  }
}

function best(workers: Iterable<TaskWorker>, task: Task): TaskWorker | undefined {
  let found: TaskWorker | undefined;
  for (const worker of workers) {
    if (!found || fitness(worker, task) > fitness(found, task)) found = worker;
  }
  return found;
}

/** Keys take longer to load than a program's weights to encode, or about as long. */
function fitness({ holds }: TaskWorker, task: Task): number {
  if (task.kind === "compile" || task.kind === "layers") return 0;
  return (holds.has(task.session) ? 2 : 0) + (holds.has(task.program) ? 1 : 0);
}
