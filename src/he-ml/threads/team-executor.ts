import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import type { EvaluationKeys } from "../crypto/public-context.js";
import { resetTeam, stopTeam, teamMemory, type TeamMemory } from "../kernels/ring-team.js";
import { collect, runSteps, type RunOptions, type RunStep } from "../layers/run.js";
import type { LayerTrace } from "../layers/trace.js";
import type { EncryptedLayout } from "../crypto/packing.js";
import { stageForward, type Plan, type PlannedStage } from "../planner/plan.js";
import type { PackedProgram } from "../program/program-content.js";
import type { ClientExecutor, Executor, ExecutorOptions } from "../service/executor.js";
import type { RunProgress, RunTask, StageResult, TeamWork } from "./messages.js";
import { runOnWorkers } from "./run-on-workers.js";
import { SharedMemory, unshared, type SharedTensor } from "./shared-tensor.js";
import { WorkerPool } from "./worker-pool.js";
import type { StartWorkers } from "./workers.js";
import { zerosFor } from "./zeros.js";

/** Who watches a stage of a run, by its position. */
type Watcher = (stage: number) => WatchedStage;

/**
 * Computes packed images on worker threads in one memory of the kernels: each holds the residues modulo some of the primes,
 * from a run's first stage to its last.
 */
export class TeamExecutor implements Executor {
  readonly #memory: SharedMemory;
  readonly #watchers = new Map<number, Watcher>();
  #isWarm = false;
  #runs = 0;

  private constructor(
    private readonly pool: WorkerPool<RunTask, StageResult[]>,
    private readonly plan: Plan,
    private readonly team: TeamMemory,
  ) {
    this.#memory = new SharedMemory(plan.parameters);
    pool.onMessage((message) => {
      const { run, stage, done, result } = message as RunProgress;
      this.#watchers.get(run)?.(stage).hear(done, result);
    });
  }

  /** @param threads of which there are no more than primes, as each holds one at least */
  static async start(
    program: PackedProgram,
    threads: number,
    kinds: TeamWork["kinds"],
    startWorkers: StartWorkers,
  ): Promise<TeamExecutor> {
    const { polyModulusDegree, coeffModulus } = program.parameters;
    const size = Math.min(threads, coeffModulus.length);
    const team = teamMemory(size, polyModulusDegree, coeffModulus.length, sharedNumbers);
    const work: TeamWork = { kind: "team", program, kinds, team, members: sharedNumbers(1) };
    const pool = await WorkerPool.start<RunTask, StageResult[]>(startWorkers, work, size);
    return new TeamExecutor(pool, program.plan, team);
  }

  get threads(): number {
    return this.pool.threads;
  }

  /**
   * Loads the keys, and for the first client runs the plan once on encryptions of zero: V8 compiles WASM anew, and better,
   * once it has run for a while.
   */
  async open(keys: EvaluationKeys): Promise<ClientExecutor> {
    const client = await this.pool.open(keys);
    const executor: ClientExecutor = {
      run: (input, options) =>
        options.twin
          ? this.#runStageByStage(client, input, options)
          : this.#runAtOnce(client, input, options),
      close: () => this.pool.forget(client),
    };
    if (!this.#isWarm) {
      try {
        await collect(executor.run(await zerosFor(this.plan, keys), {}));
        this.#isWarm = true;
      } catch (error) {
        await executor.close();
        throw error;
      }
    }
    return executor;
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  /** So that a plain twin can decrypt what each stage leaves, and the time that it takes is no stage's. */
  #runStageByStage(
    client: number,
    input: SerializedTensor,
    options: RunOptions<SerializedTensor>,
  ): AsyncGenerator<LayerTrace, SerializedTensor> {
    const { stages, parameters } = this.plan;
    const { turns } = this.pool;
    const steps = stages.map((stage, position): RunStep<SharedTensor> => {
      const range = { from: position, to: position + 1 };
      return {
        ...described(stage),
        compute: async (input, { signal, onProgress }) => {
          const output = this.#memory.reserve(leftBy(stage, input));
          try {
            const watched = new WatchedStage();
            watched.watch((done) => onProgress?.(done, input.images));
            const task = { ...range, input, output, isWatched: onProgress !== undefined };
            const [result] = await this.#together(client, task, () => watched, signal);
            return { ...result, output };
          } catch (error) {
            this.#memory.release(output);
            throw error;
          }
        },
      };
    });
    const workers = { parameters, turns, memory: this.#memory, evaluator: "kernel" as const };
    return runOnWorkers(steps, input, workers, options);
  }

  /** Threads that go from one stage to the next by themselves need not be woken for it. */
  async *#runAtOnce(
    client: number,
    tensor: SerializedTensor,
    options: ExecutorOptions,
  ): AsyncGenerator<LayerTrace, SerializedTensor> {
    const { stages, parameters } = this.plan;
    const input = this.#memory.share(tensor);
    const output = this.#memory.reserve(leftBy(stages.at(-1)!, input));
    const watched = stages.map(() => new WatchedStage());
    const left = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal;
    const run = this.pool.turns
      .take(() =>
        this.#together(
          client,
          { from: 0, to: stages.length, input, output, isWatched: !options.isUnwatched },
          (stage) => watched[stage],
          signal,
        ),
      )
      .then(
        () => undefined,
        (error: unknown) => watched.forEach((stage) => stage.reject(error)),
      );
    const steps = stages.map((stage, position): RunStep<EncryptedLayout> => {
      const { result } = watched[position];
      return {
        ...described(stage),
        compute: async (input, { onProgress }) => {
          watched[position].watch((done) => onProgress?.(done, input.images));
          return { ...(await result), output: leftBy(stage, input) };
        },
      };
    });
    try {
      const runner = { parameters, evaluator: "kernel" as const, free: () => undefined };
      yield* runSteps<EncryptedLayout>(steps, input, runner, { ...options, twin: undefined });
      await run;
      return unshared(output);
    } finally {
      left.abort();
      await run;
      this.#memory.release(input);
      this.#memory.release(output);
    }
  }

  /**
   * Has all threads do the same; to be called within a turn.
   *
   * @throws the signal's reason, where it stopped them
   */
  async #together(
    client: number,
    task: Omit<RunTask, "run">,
    watcher: Watcher,
    signal: AbortSignal | undefined,
  ): Promise<StageResult[]> {
    signal?.throwIfAborted();
    resetTeam(this.team);
    const run = ++this.#runs;
    const stop = () => stopTeam(this.team);
    this.#watchers.set(run, watcher);
    signal?.addEventListener("abort", stop);
    try {
      const members = Array.from({ length: this.threads }, () => this.pool.compute(client, { ...task, run }));
      // All of them, before the next begin: who fails does not keep the others from the memory.
      const settled = await Promise.allSettled(members);
      for (const member of settled) if (member.status === "rejected") throw member.reason;
      const [first] = settled as PromiseFulfilledResult<StageResult[] | undefined>[];
      if (!first.value) throw signal?.reason;
      first.value.forEach((result, i) => watcher(task.from + i).hear(task.input.images, result));
      return first.value;
    } finally {
      signal?.removeEventListener("abort", stop);
      this.#watchers.delete(run);
    }
  }
}

/** A stage of a run that is under way, and may be over before anybody asks for it. */
class WatchedStage {
  readonly result: Promise<StageResult>;
  reject!: (error: unknown) => void;
  #resolve!: (result: StageResult) => void;
  #done = 0;
  #onProgress: (done: number) => void = () => undefined;

  constructor() {
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.reject = reject;
    });
    // Whoever waits for it is told; there need not be anyone any more.
    this.result.catch(() => undefined);
  }

  /** Tells how far it is already, and from then on each step. */
  watch(onProgress: (done: number) => void): void {
    this.#onProgress = onProgress;
    if (this.#done > 0) onProgress(this.#done);
  }

  /** A worker's message and the end of its task come by two ways, either of them first. */
  hear(done: number, result?: StageResult): void {
    if (done > this.#done) {
      this.#done = done;
      this.#onProgress(done);
    }
    if (result) this.#resolve(result);
  }
}

function described(stage: PlannedStage): Omit<RunStep<EncryptedLayout>, "compute"> {
  const { name, kind, modelLayers } = stage;
  return { name, kind, modelLayers, plain: (batch) => stageForward(stage, batch) };
}

function leftBy(
  { outputShape, output }: PlannedStage,
  { packing, images }: EncryptedLayout,
): EncryptedLayout {
  return { packing, images, shape: outputShape, slotLayout: output };
}

const sharedNumbers = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length));
