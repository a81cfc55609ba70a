import type { SerializedTensor } from "../../crypto/encrypted-tensor.js";
import { noOperations, operationsTogether } from "../../crypto/operation-counts.js";
import type { EvaluationKeys } from "../../crypto/public-context.js";
import { resetTeam, teamMemory, type TeamMemory } from "../../kernels/ring-team.js";
import { collect, runSteps, type RunOptions, type RunStep, type StepResult } from "../../layers/run.js";
import type { LayerTrace } from "../../layers/trace.js";
import type { LongWorkOptions } from "../../long-work.js";
import { stageForward, type Plan, type PlannedStage } from "../../planner/plan.js";
import type { PackedProgram } from "../../program/program-content.js";
import type { ClientExecutor, Executor } from "../../service/executor.js";
import type { HeldTensor, TaskResult, TeamProgram, TeamTask, TeamWork } from "./messages.js";
import { SharedMemory, sharedView, unshared } from "./shared-tensor.js";
import { WorkerPool } from "./worker-pool.js";
import { zerosFor } from "./zeros.js";

/**
 * Computes packed images on worker threads in one memory of the kernels: each holds the residues modulo some of the primes,
 * from a run's first stage to its last.
 */
export class TeamExecutor implements Executor {
  readonly #answers: SharedMemory;
  #isWarm = false;
  #tensors = 0;
  /** Tensors that are not needed any more, which workers free with their next task. */
  #released: number[] = [];

  private constructor(
    private readonly pool: WorkerPool<TeamTask>,
    private readonly plan: Plan,
    private readonly team: TeamMemory,
  ) {
    this.#answers = new SharedMemory(plan.parameters);
  }

  /** @param threads of which there are no more than primes, as each holds one at least */
  static async start(program: PackedProgram, threads: number): Promise<TeamExecutor> {
    const { polyModulusDegree, coeffModulus } = program.parameters;
    const size = Math.min(threads, coeffModulus.length);
    const team = teamMemory(size, polyModulusDegree, coeffModulus.length, sharedNumbers);
    const data: TeamProgram = { program, team, members: sharedNumbers(1) };
    const file = new URL("./team-worker.js", import.meta.url);
    return new TeamExecutor(await WorkerPool.start<TeamTask>(file, data, size), program.plan, team);
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

  async *#run(
    client: number,
    input: SerializedTensor,
    { twin, ...options }: RunOptions<SerializedTensor>,
  ): AsyncGenerator<LayerTrace, SerializedTensor> {
    const { stages, parameters } = this.plan;
    const { turns } = this.pool;
    const steps = stages.map((stage, position) => this.#step(client, stage, position, twin !== undefined));
    const runner = {
      ...{ parameters, turns, evaluator: "kernel" as const },
      free: (tensor: HeldTensor) => this.#free(tensor),
    };
    const loaded = await turns.take(() => this.#load(client, input));
    const output = yield* runSteps(steps, loaded, runner, {
      ...options,
      twin: twin && { input: twin.input, decrypt: (tensor) => twin.decrypt(sharedView(tensor.bytes!)) },
    });
    try {
      const saved = output.bytes ? output : await turns.take(() => this.#save(client, output));
      if (saved !== output) this.#answers.release(saved.bytes!);
      return unshared(saved.bytes!);
    } finally {
      this.#free(output);
    }
  }

  #step(client: number, stage: PlannedStage, position: number, saves: boolean): RunStep<HeldTensor> {
    const { name, kind, modelLayers, outputShape, output: slotLayout } = stage;
    return {
      name,
      kind,
      modelLayers,
      plain: (batch) => stageForward(stage, batch),
      compute: async (input, options) => {
        const output = { ...input, shape: outputShape, slotLayout, id: ++this.#tensors, bytes: undefined };
        try {
          const result = await this.#compute(client, position, input, output, options);
          return saves ? { ...result, output: await this.#save(client, output) } : result;
        } catch (error) {
          this.#free(output);
          throw error;
        }
      },
    };
  }

  /** Computes one stage, image by image. */
  async #compute(
    client: number,
    stage: number,
    input: HeldTensor,
    output: HeldTensor,
    { signal, onProgress }: LongWorkOptions,
  ): Promise<StepResult<HeldTensor>> {
    let ops = noOperations;
    let last: TaskResult | undefined;
    for (let image = 0; image < input.images; image++) {
      signal?.throwIfAborted();
      last = await this.#together(client, { kind: "compute", stage, input, output, image });
      ops = operationsTogether(ops, last!.ops);
      onProgress?.(image + 1, input.images);
    }
    return { ...last!, output, ops };
  }

  async #load(client: number, input: SerializedTensor): Promise<HeldTensor> {
    const bytes = this.#answers.share(input);
    const loaded = { ...input, id: ++this.#tensors };
    const { shape, packing, images, slotLayout } = input;
    try {
      await this.#together(client, { kind: "load", bytes, tensor: loaded.id });
      return { shape, packing, images, slotLayout, id: loaded.id };
    } catch (error) {
      this.#free(loaded);
      throw error;
    } finally {
      this.#answers.release(bytes);
    }
  }

  /** The tensor, with its bytes. */
  async #save(client: number, tensor: HeldTensor): Promise<HeldTensor> {
    const bytes = this.#answers.reserve(tensor);
    try {
      await this.#together(client, { kind: "save", tensor: tensor.id, bytes });
      return { ...tensor, bytes };
    } catch (error) {
      this.#answers.release(bytes);
      throw error;
    }
  }

  #free({ id, bytes }: HeldTensor): void {
    this.#released.push(id);
    if (bytes) this.#answers.release(bytes);
  }

  /** Has all threads do the same; to be called within a turn. */
  async #together(client: number, work: TeamWork): Promise<TaskResult | undefined> {
    resetTeam(this.team);
    const released = this.#released;
    this.#released = [];
    const members = Array.from({ length: this.threads }, () =>
      this.pool.compute(client, { ...work, released }),
    );
    // All of them, before the next begin: who fails does not keep the others from the memory.
    const settled = await Promise.allSettled(members);
    let result: TaskResult | undefined;
    for (const member of settled) {
      if (member.status === "rejected") throw member.reason;
      result ??= member.value;
    }
    return result;
  }
}

const sharedNumbers = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length));
