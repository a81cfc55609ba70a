import { sha256 } from "#sha256";
import { InputError } from "../errors.js";
import { programSeconds } from "./engine-options.js";
import {
  StoreFullError,
  TaskFailedError,
  type Store,
  type StoreKind,
  type Task,
  type TaskLimits,
  type TaskResult,
} from "./engine-types.js";
import { resultFromBytes } from "./task-result-bytes.js";
import {
  fromWorkerSchema,
  type Frame,
  type FromWorker,
  type ToWorker,
  type WorkerLimits,
} from "./worker-messages.js";

/** A task fetches a program and keys at most, so that there is an end to what waits for a worker that does not read it. */
const mostFetched = 2;
/** It stores a program for each part of a model. */
const mostStored = 1000;
const startMilliseconds = 60_000;
/** How long a worker may take to stop by itself. */
const graceMilliseconds = 2000;
/** How often a worker's memory is looked at. */
const watchMilliseconds = 100;
/** After a task that left so much of its limit taken, a worker is not given another: WebAssembly's memories do not shrink. */
const tiredShare = 0.6;

/** What a worker runs in, and the way to it. */
export interface WorkerPlace {
  /** When it is gone, and all that it said was heard. */
  readonly ended: Promise<void>;
  send(message: ToWorker, body?: Uint8Array): void;
  /** Ends it at once, whatever it does. */
  kill(): void;
  /** Bytes of memory that it takes, or undefined where only it itself could say. */
  residentBytes(): number | undefined;
  /** Why it ended, where nobody ended it. */
  causeOfDeath(): TaskFailedError;
}

/** What it says, and what shows that it is not sound. */
export interface PlaceListener {
  /** @throws Error if it must not say so */
  readonly onFrame: (frame: Frame) => void;
  readonly onNonsense: (cause: unknown) => void;
}

interface Running {
  readonly id: string;
  readonly task: Task;
  readonly done: (result: TaskResult) => void;
  readonly failed: (error: Error) => void;
  fetched: number;
  stored: number;
  /** Whether its session was closed in the meantime. */
  isForgotten: boolean;
}

/** A worker that does tasks, one at a time. Whatever it does, it costs that task only. */
export class TaskWorker {
  /** Names of programs and sessions that it has at hand. */
  holds: ReadonlySet<string> = new Set();
  /** When it has started; rejected if it does not. */
  readonly ready: Promise<void>;
  /** When it is gone. */
  readonly ended: Promise<void>;

  readonly #place: WorkerPlace;
  #running?: Running;
  /** The input that was sent ahead. */
  #ahead?: Uint8Array;
  /** Why it was killed. */
  #fault?: Error;
  #becomeReady!: () => void;
  #isGone = false;
  #reported = 0;

  /** @param open starts it */
  constructor(
    open: (listener: PlaceListener) => WorkerPlace,
    private readonly store: Store,
    private readonly limits: TaskLimits,
    workerLimits: WorkerLimits,
  ) {
    this.#place = open({
      onFrame: (frame) => {
        if (!this.#fault) this.#hear(frame);
      },
      onNonsense: (cause) => this.#fail(cause),
    });
    this.ended = this.#place.ended.then(() => this.#gone());
    this.ready = this.#start(workerLimits);
  }

  /** Whether too much of its memory limit is taken for another task. */
  get isTired(): boolean {
    return this.#resident() > tiredShare * this.limits.bytes;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /**
   * @param input its bytes, if it takes any
   * @throws InputError if the task's input is refused; TaskFailedError if it took too much, or the worker died; the signal's reason
   */
  async run(
    id: string,
    task: Task,
    input: Uint8Array | undefined,
    signal?: AbortSignal,
  ): Promise<TaskResult> {
    signal?.throwIfAborted();
    const { seconds, bytes } = this.limits;
    const late = setTimeout(
      () =>
        this.kill(
          new TaskFailedError(
            "time",
            `job: it took more than ${seconds} s, which is the limit here; ask for less at once`,
          ),
        ),
      1000 * seconds,
    );
    const watch = setInterval(() => {
      if (this.#resident() <= bytes) return;
      const limit = (bytes / 2 ** 30).toFixed(1);
      this.kill(
        new TaskFailedError(
          "memory",
          `job: it took more than ${limit} GiB, which is the limit here; ask for less at once`,
        ),
      );
    }, watchMilliseconds);
    let grace: ReturnType<typeof setTimeout> | undefined;
    const stop = () => {
      this.#send({ type: "stop" });
      grace = setTimeout(() => this.kill(new Error("job: it did not stop")), graceMilliseconds);
    };
    signal?.addEventListener("abort", stop, { once: true });
    let running: Running | undefined;
    try {
      return await new Promise<TaskResult>((done, failed) => {
        running = { id, task, done, failed, fetched: 0, stored: 0, isForgotten: false };
        this.#running = running;
        if (this.#isGone) this.#gone();
        else this.#sendTask(id, task, input);
      });
    } finally {
      // It may have loaded keys after it was told to free them.
      if (running?.isForgotten && "session" in task) this.#send({ type: "forget", session: task.session });
      this.#running = undefined;
      clearTimeout(late);
      clearInterval(watch);
      clearTimeout(grace);
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Whether it can be sent an input ahead: one for each task, as one that does not end its task does not read what it is sent. */
  get canExpect(): boolean {
    return this.#running !== undefined && this.#ahead === undefined;
  }

  /** Sends what may be its next task's input. */
  expect(input: Uint8Array): void {
    this.#ahead = input;
    this.#send({ type: "ahead" }, input);
  }

  /** Frees a session's keys. */
  forget(session: string): void {
    this.#send({ type: "forget", session });
    const running = this.#running;
    if (running && "session" in running.task && running.task.session === session) running.isForgotten = true;
  }

  /** @param reason what a task that is being done fails with */
  kill(reason: Error): void {
    this.#fault ??= reason;
    this.#place.kill();
  }

  async #start(limits: WorkerLimits): Promise<void> {
    const late = setTimeout(() => this.kill(new Error("it did not start in time")), startMilliseconds);
    const isReady = new Promise<boolean>((resolve) => (this.#becomeReady = () => resolve(true)));
    this.#send({ type: "start", limits });
    const started = await Promise.race([isReady, this.ended.then(() => false)]);
    clearTimeout(late);
    if (started) return;
    const { message } = this.#fault ?? (this.#place.causeOfDeath().cause as Error);
    throw new Error(`worker: it did not start: ${message}`);
  }

  /** @throws Error if it must not say so */
  #hear({ head, body }: Frame): void {
    const message = fromWorkerSchema.parse(head);
    if (message.type === "ready") return this.#becomeReady();
    if (message.type === "resident") {
      this.#reported = message.bytes;
      return;
    }
    const running = this.#running;
    if (!running) throw new Error("nobody asked");
    if ("holds" in message) {
      this.holds = new Set(message.holds);
      this.#end(running, message, body);
      return;
    }
    if (message.type === "get") {
      if (++running.fetched > mostFetched) throw new Error("it asks without end");
      void this.#give(running, message.kind, message.id);
    } else {
      if (++running.stored > mostStored) throw new Error("it stores without end");
      void this.#take(running, body);
    }
  }

  #end({ done, failed }: Running, message: FromWorker, body: Uint8Array): void {
    const result = message.type === "done" ? resultFromBytes(body) : undefined;
    // At once: what else it says in the same breath is said unasked.
    this.#running = undefined;
    if (result) done(result);
    else if (message.type === "refused") failed(new InputError(message.reason));
    else failed(new Error("job: it was stopped"));
  }

  async #give(running: Running, kind: StoreKind, id: string): Promise<void> {
    try {
      if (!mayRead(running.task, kind, id)) throw new Error("it asks for what is not its own");
      const bytes = await this.store.get(kind, id);
      if (this.#running === running) this.#send({ type: "bytes", found: bytes !== undefined }, bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #take({ task }: Running, program: Uint8Array): Promise<void> {
    try {
      if (task.kind !== "compile") throw new Error("it stores what nobody asked for");
      // Named here, so that no worker can put anything in another program's place.
      const id = sha256(program);
      await this.store.put("program", id, program, programSeconds);
      this.#send({ type: "stored", id });
    } catch (error) {
      if (error instanceof StoreFullError) this.#send({ type: "notStored", reason: error.message });
      else this.#fail(error);
    }
  }

  /** For what no sound worker does. */
  #fail(cause: unknown): void {
    this.kill(new TaskFailedError("died", "job: its process sent nonsense, and was stopped", { cause }));
  }

  #sendTask(id: string, task: Task, input: Uint8Array | undefined): void {
    // A job's number may come again with another input.
    const isSentAhead = input !== undefined && this.#ahead === input;
    this.#ahead = undefined;
    this.#send({ type: "task", id, task, isSentAhead }, isSentAhead ? undefined : input);
  }

  #send(message: ToWorker, body?: Uint8Array): void {
    if (!this.#isGone) this.#place.send(message, body);
  }

  #gone(): void {
    this.#isGone = true;
    this.#running?.failed(this.#fault ?? this.#place.causeOfDeath());
  }

  #resident(): number {
    return this.#place.residentBytes() ?? this.#reported;
  }
}

function mayRead(task: Task, kind: StoreKind, id: string): boolean {
  if (task.kind === "compile") return false;
  if (task.kind === "layers") return kind === "keys" && id === task.request.session;
  return (
    (kind === "program" && id === task.program) ||
    (kind === "keys" && task.kind === "run" && id === task.session)
  );
}
