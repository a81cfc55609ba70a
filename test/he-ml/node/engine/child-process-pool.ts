import { expect } from "@jest/globals";
// Worker processes load plain JavaScript, so the pool is tested as it is built.
import { ChildProcessPool } from "../../../../dist/he-ml/node/engine/child-process-pool.js";
import {
  readEngineOptions,
  storeLimits,
  workerLimits,
} from "../../../../dist/he-ml/engine/engine-options.js";
import type { Task, TaskLimits } from "../../../../dist/he-ml/engine/engine-types.js";
import { MemoryStore } from "../../../../dist/he-ml/engine/memory-store.js";
import { rejectedBy } from "../../support.js";
import { workerPids } from "./support.js";

const misbehaving = new URL("misbehaving-worker.mjs", import.meta.url);

export const taskOf = (program: string): Task => ({ kind: "run", program, session: "session" });

/** Processes that misbehave where a task's program says so. */
export class MisbehavingPool implements AsyncDisposable {
  #jobs = 0;

  private constructor(
    readonly store: MemoryStore,
    readonly pool: ChildProcessPool,
  ) {}

  static async start(processes: number, limits: TaskLimits): Promise<MisbehavingPool> {
    const settings = readEngineOptions();
    const store = new MemoryStore(storeLimits(settings));
    const options = { processes, limits, workerLimits: workerLimits(settings) };
    return new MisbehavingPool(store, await ChildProcessPool.start(store, options, misbehaving));
  }

  async do(misdeed: string, signal?: AbortSignal) {
    return this.doJob(await this.newJob(), misdeed, signal);
  }

  /** @returns the number of a job whose input is there */
  async newJob(): Promise<string> {
    const id = `job-${this.#jobs++}`;
    await this.store.put("input", id, new TextEncoder().encode(id), 60);
    return id;
  }

  async doJob(id: string, misdeed: string, signal?: AbortSignal) {
    const { sections, about } = await this.pool.run(id, taskOf(misdeed), signal);
    expect(new TextDecoder().decode(sections[0])).toBe(id);
    return about as { readonly environment: readonly string[]; readonly isSentAhead: boolean };
  }

  /** The task fails, and those beside it and after it are done. */
  async costsOne(misdeed: string): Promise<unknown> {
    const { replaced } = this.pool;
    const failing = rejectedBy(() => this.do(misdeed));
    await Promise.all(["behaves", "behaves", "behaves"].map((well) => this.do(well)));
    const error = await failing;
    await Promise.all(["behaves", "behaves", "behaves"].map((well) => this.do(well)));
    expect(this.pool.replaced).toBe(replaced + 1);
    return error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
    expect(workerPids()).toEqual([]);
  }
}
