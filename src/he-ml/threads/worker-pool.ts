import type { EvaluationKeys } from "../crypto/public-context.js";
import { InputError } from "../errors.js";
import { Turns } from "../service/turns.js";
import type { Answer, Everyone, Message, TaskResult, Work } from "./messages.js";
import type { StartWorkers, Workers } from "./workers.js";

/**
 * Worker threads, each with a WASM instance of its own, the encoded program, and the keys of all clients.
 */
export class WorkerPool<Task, Result = TaskResult> {
  readonly #workers: Workers<Task, Result>;
  #clients = 0;
  /** For all that the workers do together: threads that wait for each other must not be kept by something else. */
  readonly turns = new Turns();
  /** Why nothing can be computed any more. */
  #ended?: Error;
  #stopped?: Promise<void>;
  #listener: (message: unknown) => void = () => undefined;

  private constructor(
    startWorkers: StartWorkers,
    work: Work,
    readonly threads: number,
  ) {
    this.#workers = startWorkers(work, threads, {
      onMessage: (message) => this.#listener(message),
      // It takes all keys with it, and those that work together with it would wait for ever.
      onDeath: (reason = new Error("server: one of its threads died, and it stopped; start another")) =>
        void this.#end(reason),
    });
  }

  /**
   * Starts the workers and waits until all have encoded the program.
   *
   * @throws InputError if a weight does not fit, or a worker cannot start
   */
  static async start<Task, Result = TaskResult>(
    startWorkers: StartWorkers,
    work: Work,
    threads: number,
  ): Promise<WorkerPool<Task, Result>> {
    const pool = new WorkerPool<Task, Result>(startWorkers, work, threads);
    try {
      await pool.#everyone("ready");
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /**
   * Gives every worker a client's keys.
   *
   * @returns the client's number
   * @throws InputError if the keys are damaged; then no worker holds them
   */
  async open(keys: EvaluationKeys): Promise<number> {
    const client = ++this.#clients;
    try {
      await this.#everyone({ open: client, keys: inSharedMemory(keys) });
      return client;
    } catch (error) {
      await this.forget(client);
      throw error;
    }
  }

  /** Frees a client's keys in every worker, when the step that is being computed is done. */
  async forget(client: number): Promise<void> {
    try {
      await this.#everyone({ close: client });
    } catch (error) {
      // Workers that are stopped hold no keys.
      if (!this.#ended) throw error;
    }
  }

  /** Has what workers say of their own accord told, from now on. */
  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }

  /**
   * Computes a share of a step; to be called within a turn.
   *
   * @returns undefined where the work was stopped
   * @throws InputError if the worker refuses, or the server is closed; Error if a worker died
   */
  async compute(client: number, task: Task): Promise<Result | undefined> {
    const answer = await this.#send({ client, task });
    return "result" in answer ? answer.result : undefined;
  }

  /** Stops the workers, and with them whatever they compute. */
  close(): Promise<void> {
    return this.#end(new InputError("server: it is closed; start another"));
  }

  #end(reason: Error): Promise<void> {
    this.#ended ??= reason;
    // Once only, though each worker that it stops says that it died.
    this.#stopped ??= this.#workers.end();
    return this.#stopped;
  }

  #everyone(order: Everyone["order"]): Promise<void> {
    return this.turns.take(async () => {
      const missing = new Int32Array(new SharedArrayBuffer(4)).fill(this.threads);
      const sent = Array.from({ length: this.threads }, () => this.#send({ missing, order }));
      // The turn is over when all are done, whatever the first of them says.
      for (const answer of await Promise.allSettled(sent)) {
        if (answer.status === "rejected") throw answer.reason;
      }
    });
  }

  async #send(message: Message<Task>): Promise<Exclude<Answer<Result>, { readonly refused: string }>> {
    if (this.#ended) throw this.#ended;
    const answer = await this.#workers.run(message).catch((error: unknown) => {
      // Workers that are stopped in the middle of their work answer so.
      throw this.#ended ?? error;
    });
    if ("refused" in answer) throw new InputError(answer.refused);
    return answer;
  }
}

/** A copy that sending to a thread does not copy again. */
function inSharedMemory({ publicKey, relinKeys, rotationKeys }: EvaluationKeys): EvaluationKeys {
  const shared = (bytes: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
    copy.set(bytes);
    return copy;
  };
  return {
    publicKey: shared(publicKey),
    relinKeys: relinKeys && shared(relinKeys),
    rotationKeys: rotationKeys?.map((key) => ({ ...key, bytes: shared(key.bytes) })),
  };
}
