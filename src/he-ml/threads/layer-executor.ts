import type { LevelAndScale } from "../crypto/ciphertext.js";
import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import { noOperations, operationsTogether } from "../crypto/operation-counts.js";
import { ciphertextCount } from "../crypto/packing.js";
import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { EvaluationKeys } from "../crypto/public-context.js";
import type { RunOptions, RunStep, StepResult } from "../layers/run.js";
import type { LayerTrace } from "../layers/trace.js";
import type { LongWorkOptions } from "../long-work.js";
import { layerForward, layerOutputShape } from "../model/model.js";
import type { LayeredProgram } from "../program/program-content.js";
import type { ClientExecutor, Executor } from "../service/executor.js";
import type { LayerTask, LayerWork, TaskResult } from "./messages.js";
import { runOnWorkers } from "./run-on-workers.js";
import { SharedMemory, type SharedTensor } from "./shared-tensor.js";
import { WorkerPool } from "./worker-pool.js";
import type { StartWorkers } from "./workers.js";

/** Tasks a thread gets of each layer: enough for even shares and visible progress. */
const tasksPerThread = 4;

/** Computes layer by layer on worker threads: the output ciphertexts of each layer are shared out. */
export class LayerExecutor implements Executor {
  readonly #memory: SharedMemory;
  #inputs = 0;

  private constructor(
    private readonly pool: WorkerPool<LayerTask>,
    private readonly program: LayeredProgram,
    private readonly evaluator: EvaluatorKind,
  ) {
    this.#memory = new SharedMemory(program.parameters);
  }

  static async start(
    program: LayeredProgram,
    threads: number,
    { evaluator, kinds }: Pick<LayerWork, "evaluator" | "kinds">,
    startWorkers: StartWorkers,
  ): Promise<LayerExecutor> {
    const work: LayerWork = { kind: "layer", program, evaluator, kinds };
    const pool = await WorkerPool.start<LayerTask>(startWorkers, work, threads);
    return new LayerExecutor(pool, program, evaluator);
  }

  get threads(): number {
    return this.pool.threads;
  }

  async open(keys: EvaluationKeys): Promise<ClientExecutor> {
    const client = await this.pool.open(keys);
    return {
      run: (input, options) => this.#run(client, input, options),
      close: () => this.pool.forget(client),
    };
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  #run(
    client: number,
    input: SerializedTensor,
    options: RunOptions<SerializedTensor>,
  ): AsyncGenerator<LayerTrace, SerializedTensor> {
    const { layers, parameters } = this.program;
    const { evaluator } = this;
    const workers = { parameters, evaluator, memory: this.#memory, turns: this.pool.turns };
    // Where a plain twin decrypts what comes between layers, that travels too.
    const isBetween = (position: number) => !options.twin && position > 0 && position < layers.length;
    const steps = layers.map((_, position) =>
      this.#step(client, position, { input: isBetween(position), output: isBetween(position + 1) }),
    );
    return runOnWorkers(steps, input, workers, options);
  }

  #step(client: number, position: number, handedOver: LayerTask["handedOver"]): RunStep<SharedTensor> {
    const { model, layers, states } = this.program;
    const index = layers[position];
    const layer = model.layers[index];
    return {
      name: layer.name,
      kind: layer.kind,
      modelLayers: [index],
      plain: (batch) => layerForward(layer, batch),
      compute: async (input, options) => {
        const output = this.#memory.reserve({ ...input, shape: layerOutputShape(layer, input.shape) });
        try {
          return await this.#compute(
            { client, layer: position, at: states[position], input, output, handedOver },
            options,
          );
        } catch (error) {
          this.#memory.release(output);
          throw error;
        }
      },
    };
  }

  /** Shares one layer out; comes back when no worker is at it any more, whether it went well or not. */
  async #compute(
    { client, layer, at, input, output, handedOver }: LayerJob,
    { signal, onProgress }: LongWorkOptions,
  ): Promise<StepResult<SharedTensor>> {
    const total = ciphertextCount(output);
    const count = Math.min(total, this.threads * tasksPerThread);
    const inputId = ++this.#inputs;
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const stopAll = () => Atomics.store(stop, 0, 1);
    signal?.addEventListener("abort", stopAll);
    const results: TaskResult[] = [];
    const failures: unknown[] = [];
    let done = 0;
    const computeShare = async (from: number, to: number): Promise<void> => {
      try {
        const task: LayerTask = { layer, at, input, inputId, output, handedOver, from, to, stop };
        const result = await this.pool.compute(client, task);
        if (!result) return;
        results.push(result);
        onProgress?.((done += to - from), total);
      } catch (error) {
        failures.push(error);
        stopAll();
      }
    };
    try {
      await Promise.all(
        Array.from({ length: count }, (_, i) =>
          computeShare(Math.floor((i * total) / count), Math.floor(((i + 1) * total) / count)),
        ),
      );
      signal?.throwIfAborted();
      if (failures.length > 0) throw failures[0];
      const ops = results.map((result) => result.ops).reduce(operationsTogether, noOperations);
      return { ...results[0], output, ops };
    } finally {
      signal?.removeEventListener("abort", stopAll);
    }
  }
}

interface LayerJob {
  readonly client: number;
  /** Position among the program's layers. */
  readonly layer: number;
  readonly at: LevelAndScale;
  readonly input: SharedTensor;
  readonly output: SharedTensor;
  readonly handedOver: LayerTask["handedOver"];
}
