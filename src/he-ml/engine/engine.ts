import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import { ClearEvaluator } from "../crypto/clear-evaluator.js";
import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import { noOperations, operationsTogether, type OperationCounts } from "../crypto/operation-counts.js";
import { ciphertextCount } from "../crypto/packing.js";
import type { CkksParameters } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import type { ForwardOptions } from "../layers/forward.js";
import { layerTrace, type LayerTrace } from "../layers/trace.js";
import { selectLayers } from "../model/layer-range.js";
import { layerForward, layerOutputShape, type Layer, type Model } from "../model/model.js";
import { buildFromModel, type BuildOptions } from "../net-builder/build-from-model.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import { SharedMemory, sharedView, type SharedTensor } from "./shared-tensor.js";
import type { Barrier, Task, TaskOutcome, TaskResult, WorkerSetup } from "./task.js";

export interface EngineOptions extends WorkerSetup, BuildOptions {
  /** Worker threads, 1 to 256; as many as there are cores if left out. */
  readonly threads?: number;
}

export interface EngineForwardOptions extends ForwardOptions<SerializedTensor> {
  /** Positions of the layers to run, contiguous and ascending; all of them if left out. */
  readonly layers?: readonly number[];
}

type Pool = Piscina<Task | Barrier, TaskOutcome>;

interface PlacedLayer {
  readonly layer: Layer;
  readonly index: number;
}

/** Tasks a thread gets of each layer: enough for even shares and visible progress. */
const tasksPerThread = 4;
const mostThreads = 256;

/**
 * Evaluates a network on ciphertexts in worker threads, each with a WASM instance of its own. What goes in and comes
 * out is serialised, as it travels between client and server.
 */
export class Engine {
  readonly #pool: Pool;
  readonly #parameters: CkksParameters;
  readonly #layers: readonly PlacedLayer[];
  readonly #threads: number;
  readonly #memory: SharedMemory;
  #inputs = 0;
  #closed = false;

  private constructor(pool: Pool, parameters: CkksParameters, model: Model, threads: number) {
    this.#pool = pool;
    this.#parameters = parameters;
    this.#layers = model.layers.map((layer, index) => ({ layer, index }));
    this.#threads = threads;
    this.#memory = new SharedMemory(parameters);
  }

  /**
   * Starts the workers and waits until all are ready.
   *
   * @throws InputError if the modulus chain cannot carry the model, or the keys do not belong to the parameters
   * @example
   * const engine = await Engine.start({ parameters, keys: client.exportEvaluationKeys(), model });
   * try {
   *   const { output, traces } = await collect(engine.forward(client.encrypt(images, { packing: "batch" })));
   *   console.log(client.decrypt(output), traces);
   * } finally {
   *   await engine.close();
   * }
   */
  static async start(options: EngineOptions): Promise<Engine> {
    const { parameters, keys, model, valueRanges, threads = availableParallelism() } = options;
    if (!Number.isInteger(threads) || threads < 1 || threads > mostThreads) {
      throw new InputError(
        `engine: threads: expected a whole number from 1 to ${mostThreads}, got ${threads}`,
      );
    }
    buildFromModel(new ClearEvaluator(parameters), model, { valueRanges });
    const workerData: WorkerSetup = { parameters, keys, model };
    const pool: Pool = new Piscina({
      filename: new URL("./worker.js", import.meta.url).href,
      workerData,
      minThreads: threads,
      maxThreads: threads,
    });
    const barrier: Barrier = { missing: new Int32Array(new SharedArrayBuffer(4)).fill(threads) };
    const outcomes = await Promise.all(Array.from({ length: threads }, () => pool.run(barrier)));
    const [refusal] = outcomes.filter((outcome) => "refused" in outcome);
    if (refusal) {
      await pool.destroy();
      throw new InputError(refusal.refused);
    }
    return new Engine(pool, parameters, model, threads);
  }

  /**
   * Runs the model, or a range of its layers, and yields each layer's trace as soon as it is done.
   *
   * @returns the serialised output of the last layer
   * @throws InputError if the input does not fit, or a ciphertext in it is damaged
   */
  async *forward(
    input: SerializedTensor,
    { layers: positions, signal, onProgress, twin }: EngineForwardOptions = {},
  ): AsyncGenerator<LayerTrace, SerializedTensor> {
    if (this.#closed) throw new InputError("engine: it is closed; start another");
    const layers = positions ? selectLayers(this.#layers, positions) : this.#layers;
    let current = this.#memory.share(input);
    let expected = twin?.input;
    try {
      for (const [position, placed] of layers.entries()) {
        signal?.throwIfAborted();
        const { layer, index } = placed;
        const start = performance.now();
        const output = this.#memory.reserve({ ...current, shape: layerOutputShape(layer, current.shape) });
        let measured: TaskResult;
        try {
          measured = await this.#compute(placed, current, output, signal, (done, total) =>
            onProgress?.({ layer: layer.name, position, layers: layers.length, done, total }),
          );
        } catch (error) {
          this.#memory.release(output);
          throw error;
        }
        const milliseconds = performance.now() - start;
        this.#memory.release(current);
        current = output;
        expected = expected && layerForward(layer, expected);
        const error = twin && expected && errorStatistics(twin.decrypt(sharedView(output)), expected);
        yield layerTrace(this.#parameters, {
          name: layer.name,
          kind: layer.kind,
          modelLayers: [index],
          output,
          ...measured,
          milliseconds,
          error,
        });
      }
      const { ciphertexts, ...layout } = sharedView(current);
      return { ...layout, ciphertexts: ciphertexts.map((bytes) => bytes.slice()) };
    } finally {
      this.#memory.release(current);
    }
  }

  /** Stops the workers, and with them whatever they compute. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.destroy();
  }

  /** Shares one layer out; comes back when no worker is at it any more, whether it went well or not. */
  async #compute(
    { index }: PlacedLayer,
    input: SharedTensor,
    output: SharedTensor,
    signal: AbortSignal | undefined,
    onProgress: (done: number, total: number) => void,
  ): Promise<TaskResult> {
    const total = ciphertextCount(output);
    const count = Math.min(total, this.#threads * tasksPerThread);
    const inputId = ++this.#inputs;
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const stopAll = () => Atomics.store(stop, 0, 1);
    signal?.addEventListener("abort", stopAll);
    const results: TaskResult[] = [];
    const failures: unknown[] = [];
    let done = 0;
    const computeShare = async (from: number, to: number): Promise<void> => {
      try {
        const outcome = await this.#pool.run({ layer: index, input, inputId, output, from, to, stop });
        if ("refused" in outcome) throw new InputError(outcome.refused);
        if ("stopped" in outcome) return;
        results.push(outcome);
        onProgress((done += to - from), total);
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
      const ops = results.reduce<OperationCounts>(
        (sum, result) => operationsTogether(sum, result.ops),
        noOperations,
      );
      return { before: results[0].before, after: results[0].after, ops };
    } finally {
      signal?.removeEventListener("abort", stopAll);
    }
  }
}
