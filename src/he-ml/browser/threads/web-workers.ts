import { InputError } from "../../errors.js";
import type { Answer, Message, Work } from "../../threads/messages.js";
import type { StartWorkers, Workers, WorkersListener } from "../../threads/workers.js";
import type { Beginning, WebWorker } from "./web-worker.js";

/** A browser's worker threads. @param open starts one whose script is `thread-worker.ts` */
export function webWorkers(open: () => WebWorker): StartWorkers {
  return <Task, Result>(work: Work, threads: number, listener: WorkersListener) =>
    new WebWorkers<Task, Result>(open, work, threads, listener);
}

/**
 * Milliseconds from one worker's start to the next one's opening. In Firefox 153, `new Worker` within a worker at times never
 * returns, most often while another worker has just begun; the pause makes that rarer, and does not rule it out.
 */
const settling = 60;

interface Job<Task, Result> {
  readonly message: Message<Task>;
  resolve(answer: Answer<Result>): void;
  reject(error: Error): void;
}

class WebWorkers<Task, Result> implements Workers<Task, Result> {
  readonly #workers: WebWorker[] = [];
  readonly #free: WebWorker[] = [];
  /** Each settled when a worker has ended. */
  readonly #ends: Promise<void>[] = [];
  readonly #waiting: Job<Task, Result>[] = [];
  readonly #running = new Map<WebWorker, Job<Task, Result>>();
  #isEnded = false;

  constructor(
    private readonly open: () => WebWorker,
    private readonly work: Work,
    private readonly threads: number,
    private readonly listener: WorkersListener,
  ) {
    this.#openNext();
  }

  run(message: Message<Task>): Promise<Answer<Result>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
      this.#handOut();
    });
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    for (const worker of this.#workers) worker.terminate();
    const ended = new Error("worker: it was ended");
    for (const { reject } of [...this.#running.values(), ...this.#waiting]) reject(ended);
    await Promise.all(this.#ends);
  }

  #openNext(): void {
    if (!this.#isEnded && this.#workers.length < this.threads)
      this.#workers.push(this.#started(opened(this.open)));
  }

  /** Opens the next worker when the last one has started, and a little later: see `settling`. */
  #openNextSoon(): void {
    setTimeout(() => {
      try {
        this.#openNext();
      } catch (error) {
        this.listener.onDeath(error as InputError);
      }
    }, settling);
  }

  #started(worker: WebWorker): WebWorker {
    const lock = `he-ml thread ${crypto.randomUUID()}`;
    let isLocked = false;
    worker.onmessage = ({ data }) => {
      switch (data.kind) {
        case "locked":
          isLocked = true;
          this.#ends.push(navigator.locks.request(lock, () => undefined).then(() => this.listener.onDeath()));
          this.#free.push(worker);
          this.#openNextSoon();
          return this.#handOut();
        case "said":
          return this.listener.onMessage(data.message);
        case "answer":
          return this.#done(worker).resolve(data.answer as Answer<Result>);
        case "threw":
          return this.#done(worker).reject(new Error(data.error));
      }
    };
    worker.onerror = ({ message }) => this.listener.onDeath(isLocked ? undefined : notStarted(message));
    worker.postMessage({ work: this.work, lock } satisfies Beginning);
    return worker;
  }

  #done(worker: WebWorker): Job<Task, Result> {
    const job = this.#running.get(worker)!;
    this.#running.delete(worker);
    this.#free.push(worker);
    this.#handOut();
    return job;
  }

  #handOut(): void {
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      const [worker, job] = [this.#free.shift()!, this.#waiting.shift()!];
      this.#running.set(worker, job);
      worker.postMessage(job.message);
    }
  }
}

/** @throws InputError if the page may not start it: its script is of another origin */
function opened(open: () => WebWorker): WebWorker {
  try {
    return open();
  } catch (error) {
    throw notStarted(String(error));
  }
}

const notStarted = (message: string | undefined) =>
  new InputError(
    `server: a thread does not start: ${message || "its script cannot be loaded"}; serve he-ml's dist/he-ml/browser/thread-worker.js, ` +
      `bundled, beside the script that starts it, on the page's own origin and with the page's headers, or take threads: 0`,
  );
