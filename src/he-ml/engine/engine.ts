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
import { layerForward, layerOutputShape, type Layer, type Model } from "../model/model.js";
import { buildFromModel, type BuildOptions } from "../net-builder/build-from-model.js";
import { selectLayers } from "../net-builder/layer-range.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import { formatShape } from "../tensor/tensor.js";
import {
  share,
  type Barrier,
  type Task,
  type TaskOutcome,
  type TaskResult,
  type WorkerSetup,
} from "./task.js";

export interface EngineOptions extends WorkerSetup, BuildOptions {
  /** Worker threads; as many as there are cores if left out. */
  readonly threads?: number;
}

export interface EngineForwardOptions extends ForwardOptions<SerializedTensor> {
  /** Positions of the layers to run, contiguous and ascending; all of them if left out. */
  readonly layers?: readonly number[];
}

/** Tasks a thread gets of each layer: enough for even shares and a prompt stop, few enough to encode weights once. */
const tasksPerThread = 4;

/**
 * Evaluates a network on ciphertexts in worker threads, each with a WASM instance of its own. What goes in and comes
 * out is serialised, as it travels between client and server.
 */
export class Engine {
  readonly #pool: Piscina<Task | Barrier, TaskOutcome>;
  readonly #parameters: CkksParameters;
  readonly #model: Model;
  readonly #threads: number;
  #inputs = 0;

  private constructor(pool: Piscina<Task | Barrier, TaskOutcome>, options: EngineOptions, threads: number) {
    this.#pool = pool;
    this.#parameters = options.parameters;
    this.#model = options.model;
    this.#threads = threads;
  }

  /**
   * Starts the workers and waits until all are ready.
   *
   * @throws InputError if the modulus chain cannot carry the model
   * @example
   * const engine = await Engine.start({ parameters, keys: client.exportEvaluationKeys(), model });
   * try {
   *   for await (const trace of engine.forward(client.encrypt(images, { packing: "batch" }))) console.log(trace);
   * } finally {
   *   await engine.close();
   * }
   */
  static async start(options: EngineOptions): Promise<Engine> {
    const { parameters, keys, model, valueRanges, threads = availableParallelism() } = options;
    buildFromModel(new ClearEvaluator(parameters), model, { valueRanges });
    const workerData: WorkerSetup = { parameters, keys, model };
    const pool = new Piscina<Task | Barrier, TaskOutcome>({
      filename: new URL("./worker.js", import.meta.url).href,
      workerData,
      minThreads: threads,
      maxThreads: threads,
    });
    const barrier: Barrier = { missing: new Int32Array(new SharedArrayBuffer(4)).fill(threads) };
    await Promise.all(Array.from({ length: threads }, () => pool.run(barrier)));
    return new Engine(pool, options, threads);
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
    const all = this.#model.layers.map((layer, index) => ({ layer, index }));
    const layers = positions ? selectLayers(all, positions) : all;
    requireComplete(input);
    let current: SerializedTensor = { ...input, ciphertexts: share(input.ciphertexts) };
    let expected = twin?.input;
    for (const [position, { layer, index }] of layers.entries()) {
      const report = (done: number, total: number) =>
        onProgress?.({ layer: layer.name, position, layers: layers.length, done, total });
      const start = performance.now();
      const { output, ...measured } = await this.#runLayer(layer, index, current, signal, report);
      const milliseconds = performance.now() - start;
      current = output;
      expected = expected && layerForward(layer, expected);
      const error = twin && expected && errorStatistics(twin.decrypt(output), expected);
      yield layerTrace(this.#parameters, { layer, index, output, ...measured, milliseconds, error });
    }
    return current;
  }

  /** Stops the workers, and with them whatever they compute. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #runLayer(
    layer: Layer,
    index: number,
    input: SerializedTensor,
    signal: AbortSignal | undefined,
    report: (done: number, total: number) => void,
  ): Promise<Omit<TaskResult, "ciphertexts"> & { output: SerializedTensor }> {
    const shape = layerOutputShape(layer, input.shape);
    const total = ciphertextCount(input.packing, input.images, shape);
    const inputId = ++this.#inputs;
    const count = Math.min(total, this.#threads * tasksPerThread);
    let done = 0;
    const results = await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const from = Math.floor((i * total) / count);
        const to = Math.floor(((i + 1) * total) / count);
        const task: Task = { layer: index, input, inputId, from, to };
        const outcome = await this.#pool.run(task, { signal }).catch((error: unknown) => {
          throw signal?.aborted ? signal.reason : error;
        });
        if ("refused" in outcome) throw new InputError(outcome.refused);
        done += to - from;
        report(done, total);
        return outcome;
      }),
    );
    const [{ before, after }] = results;
    const ops = results.reduce<OperationCounts>(
      (sum, result) => operationsTogether(sum, result.ops),
      noOperations,
    );
    const ciphertexts = results.flatMap((result) => result.ciphertexts);
    return {
      output: { shape, packing: input.packing, images: input.images, ciphertexts },
      before,
      after,
      ops,
    };
  }
}

function requireComplete({ shape, packing, images, ciphertexts }: SerializedTensor): void {
  const expected = ciphertextCount(packing, images, shape);
  if (ciphertexts.length !== expected || expected === 0) {
    throw new InputError(
      `forward: ${images} image(s) of ${formatShape(shape)} in packing ${packing} take ${expected} ciphertexts, ` +
        `got ${ciphertexts.length}`,
    );
  }
}
