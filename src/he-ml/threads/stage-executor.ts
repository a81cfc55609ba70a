import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import { noOperations, operationsTogether } from "../crypto/operation-counts.js";
import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { EvaluationKeys } from "../crypto/public-context.js";
import { outputCiphertextBytes } from "../crypto/rotation-keys.js";
import { collect, type RunOptions, type RunStep, type StepResult } from "../layers/run.js";
import type { LayerTrace } from "../layers/trace.js";
import type { LongWorkOptions } from "../long-work.js";
import { stageForward, type Plan, type PlannedStage } from "../planner/plan.js";
import type { PackedProgram } from "../program/program-content.js";
import type { ClientExecutor, Executor } from "../service/executor.js";
import type { StageTask, StageWork, TaskResult } from "./messages.js";
import { runOnWorkers } from "./run-on-workers.js";
import { SharedMemory, type SharedTensor } from "./shared-tensor.js";
import { teamMemory, type TeamMemory } from "./shared-team.js";
import { WorkerPool } from "./worker-pool.js";
import type { StartWorkers } from "./workers.js";
import { zerosFor } from "./zeros.js";

/** Computes packed images on worker threads, which share the work of each stage of each image. */
export class StageExecutor implements Executor {
  readonly #memory: SharedMemory;
  readonly #team: TeamMemory;
  #isWarm = false;

  private constructor(
    private readonly pool: WorkerPool<StageTask>,
    private readonly plan: Plan,
    private readonly evaluator: EvaluatorKind,
  ) {
    const { parameters } = plan;
    this.#memory = new SharedMemory(parameters);
    const stride = outputCiphertextBytes(parameters, parameters.levels);
    this.#team = teamMemory(mostShared(plan, pool.threads), stride);
  }

  static async start(
    program: PackedProgram,
    threads: number,
    evaluator: EvaluatorKind,
    startWorkers: StartWorkers,
  ): Promise<StageExecutor> {
    const work: StageWork = { kind: "stage", program, evaluator };
    const pool = await WorkerPool.start<StageTask>(startWorkers, work, threads);
    return new StageExecutor(pool, program.plan, evaluator);
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
      run: (input, options) => this.#run(client, input, options),
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

  #run(
    client: number,
    input: SerializedTensor,
    options: RunOptions<SerializedTensor>,
  ): AsyncGenerator<LayerTrace, SerializedTensor> {
    const { stages, parameters } = this.plan;
    const { evaluator } = this;
    const workers = { parameters, evaluator, memory: this.#memory, turns: this.pool.turns };
    const steps = stages.map((stage, position) => this.#step(client, stage, position));
    return runOnWorkers(steps, input, workers, options);
  }

  #step(client: number, stage: PlannedStage, position: number): RunStep<SharedTensor> {
    const { name, kind, modelLayers, outputShape, output: slotLayout } = stage;
    return {
      name,
      kind,
      modelLayers,
      plain: (batch) => stageForward(stage, batch),
      compute: async (input, options) => {
        const output = this.#memory.reserve({ ...input, shape: outputShape, slotLayout });
        try {
          return await this.#compute(client, position, input, output, options);
        } catch (error) {
          this.#memory.release(output);
          throw error;
        }
      },
    };
  }

  /** Has all threads compute one stage together, image by image. */
  async #compute(
    client: number,
    stage: number,
    input: SharedTensor,
    output: SharedTensor,
    { signal, onProgress }: LongWorkOptions,
  ): Promise<StepResult<SharedTensor>> {
    let ops = noOperations;
    let last: TaskResult | undefined;
    for (let image = 0; image < input.images; image++) {
      signal?.throwIfAborted();
      this.#team.meeting.fill(0);
      const size = this.threads;
      const members = Array.from({ length: size }, (_, rank) =>
        this.pool.compute(client, { stage, input, output, image, rank, size, memory: this.#team }),
      );
      // All of them, before anything is freed: who fails does not keep the others from the memory.
      const settled = await Promise.allSettled(members);
      for (const member of settled) {
        if (member.status === "rejected") throw member.reason;
        if (!member.value) continue;
        last = member.value;
        ops = operationsTogether(ops, member.value.ops);
      }
      onProgress?.(image + 1, input.images);
    }
    return { ...last!, output, ops };
  }
}

/** The most ciphertexts that the members of a team share at once. */
function mostShared({ stages }: Plan, threads: number): number {
  const counts = stages.map(({ transform, input, output }: PlannedStage) => {
    const babies = new Set(
      transform?.diagonals
        .filter(({ baby }) => baby !== 0)
        .map(({ input: source, baby }) => `${source},${baby}`),
    );
    return Math.max(input.length, output.length * threads, babies.size);
  });
  return Math.max(1, ...counts);
}
