import type { ProcessPool, Task, TaskResult } from "../../../src/he-ml/engine/engine-types.js";

/** Does tasks in no process at all, and remembers them. A result is the job's id. */
export class FakePool implements ProcessPool {
  readonly started: string[] = [];
  readonly done: string[] = [];
  readonly stopped: string[] = [];
  readonly running: string[] = [];
  readonly expected: string[] = [];
  readonly alive = 1;
  readonly replaced = 0;
  work: (id: string) => Promise<TaskResult> = async (id) => ({
    sections: [new TextEncoder().encode(id)],
    ...{ about: { id }, traces: [], evaluateMilliseconds: 1 },
  });
  onStart: (id: string) => void = () => undefined;
  #from = Infinity;
  #gate: Promise<void> = Promise.resolve();

  constructor(readonly size: number) {}

  get idle(): number {
    return this.size - this.running.length;
  }

  /** From the `first`-th task on, tasks wait until what is returned is called. */
  hold(first = 1): () => void {
    let open!: () => void;
    this.#from = first;
    this.#gate = new Promise((resolve) => (open = resolve));
    return open;
  }

  async run(id: string, _task: Task, signal?: AbortSignal): Promise<TaskResult> {
    this.started.push(id);
    this.running.push(id);
    this.onStart(id);
    try {
      if (this.started.length >= this.#from) await this.#opened(signal);
      const result = await this.work(id);
      this.done.push(id);
      return result;
    } catch (error) {
      if (signal?.aborted) this.stopped.push(id);
      throw error;
    } finally {
      this.running.splice(this.running.indexOf(id), 1);
    }
  }

  expect(id: string): void {
    if (this.expected.at(-1) !== id) this.expected.push(id);
  }
  forget(): void {}

  async [Symbol.asyncDispose](): Promise<void> {}

  async #opened(signal?: AbortSignal): Promise<void> {
    const stopped = new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
    await Promise.race([this.#gate, stopped]);
  }
}
