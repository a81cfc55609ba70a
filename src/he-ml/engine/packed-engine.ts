import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import { outputCiphertextBytes } from "../crypto/rotation-keys.js";
import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import { noOperations, operationsTogether } from "../crypto/operation-counts.js";
import { PublicContext, type EvaluationKeys } from "../crypto/public-context.js";
import { InputError } from "../errors.js";
import type { ForwardOptions } from "../layers/forward.js";
import { layerTrace, type LayerTrace } from "../layers/trace.js";
import { stageForward, type Plan, type PlannedStage } from "../planner/plan.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import { formatShape } from "../tensor/tensor.js";
import type { PackedTask, PackedWorkerSetup } from "./packed-worker.js";
import { SharedMemory, sharedView, type SharedTensor } from "./shared-tensor.js";
import { teamMemory, type TeamMemory } from "./shared-team.js";
import type { TaskOutcome, TaskResult } from "./task.js";

export interface PackedEngineOptions {
  readonly plan: Plan;
  /** With the plan's rotation keys. */
  readonly keys: EvaluationKeys;
  /** Worker threads that share each stage's rotations and products, 1 to 16; at most two of the cores if left out. */
  readonly threads?: number;
}

type Pool = Piscina<PackedTask | "ready", TaskOutcome | { readonly ready: true }>;

const mostThreads = 16;
/** A third thread finds little left to do: folds and activations go one after the other. */
export const usualThreads = Math.min(2, availableParallelism());

/**
 * Evaluates a plan on packed ciphertexts in worker threads, which share the work of each stage. What goes in and comes
 * out is serialised, as it travels between client and server.
 */
export class PackedEngine {
  #closed = false;
  /** Ends when the stage that is being computed does: threads that meet for one must not be kept by another. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly pool: Pool,
    private readonly plan: Plan,
    private readonly threads: number,
    private readonly memory: SharedMemory,
    private readonly team: TeamMemory,
  ) {}

  /**
   * Starts the workers, which load the keys and encode the plan, and runs it once on encryptions of zero: V8 compiles
   * WASM anew, and better, once it has run for a while.
   *
   * @throws InputError if the keys do not belong to the plan's parameters, or one is missing
   * @example
   * const spec = clientSpec(plan);
   * const engine = await PackedEngine.start({ plan, keys: client.exportEvaluationKeys(spec.rotations) });
   * try {
   *   const { output } = await collect(engine.forward(client.encrypt(image, spec)));
   *   console.log(client.decrypt(output));
   * } finally {
   *   await engine.close();
   * }
   */
  static async start({ plan, keys, threads = usualThreads }: PackedEngineOptions): Promise<PackedEngine> {
    if (!Number.isInteger(threads) || threads < 1 || threads > mostThreads) {
      throw new InputError(
        `engine: threads: expected a whole number from 1 to ${mostThreads}, got ${threads}`,
      );
    }
    const workerData: PackedWorkerSetup = { plan, keys };
    const pool: Pool = new Piscina({
      filename: new URL("./packed-worker.js", import.meta.url).href,
      workerData,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
    });
    const stride = outputCiphertextBytes(plan.parameters, plan.parameters.levels);
    const team = teamMemory(mostShared(plan, threads), stride);
    const engine = new PackedEngine(pool, plan, threads, new SharedMemory(plan.parameters), team);
    try {
      const answers = await Promise.all(Array.from({ length: threads }, () => pool.run("ready")));
      for (const answer of answers) if ("refused" in answer) throw new InputError(answer.refused);
      await engine.#warmUp(keys);
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  async #warmUp(keys: EvaluationKeys): Promise<void> {
    const { parameters, input, inputShape, start } = this.plan;
    const { evaluator } = await PublicContext.load(parameters, { ...keys, rotationKeys: [] });
    const ciphertexts = input.map(() => {
      using zero = evaluator.encryptZero(start);
      return evaluator.save(zero);
    });
    const run = this.forward({
      shape: inputShape,
      packing: "packed",
      images: 1,
      slotLayout: input,
      ciphertexts,
    });
    for (let step = await run.next(); !step.done;) step = await run.next();
  }

  /**
   * Runs the plan's stages and yields each one's trace as soon as it is done. Images are computed one after the other.
   *
   * @returns the serialised output of the last stage
   * @throws InputError if the input does not fit, or a ciphertext in it is damaged
   */
  async *forward(
    input: SerializedTensor,
    { signal, onProgress, twin }: ForwardOptions<SerializedTensor> = {},
  ): AsyncGenerator<LayerTrace, SerializedTensor> {
    if (this.#closed) throw new InputError("engine: it is closed; start another");
    const { stages, parameters } = this.plan;
    this.#requireInput(input);
    let current = this.memory.share({ ...input, slotLayout: this.plan.input });
    let expected = twin?.input;
    try {
      for (const [position, stage] of stages.entries()) {
        const { name, kind, modelLayers, outputShape, output: slotLayout } = stage;
        let start = performance.now();
        const output = this.memory.reserve({ ...current, shape: outputShape, slotLayout });
        let measured: TaskResult;
        try {
          const compute = () => {
            start = performance.now();
            return this.#compute(position, current, output, signal, (done, total) =>
              onProgress?.({ layer: name, position, layers: stages.length, done, total }),
            );
          };
          const computing = this.#turn.then(compute);
          this.#turn = computing.catch(() => undefined);
          measured = await computing;
        } catch (error) {
          this.memory.release(output);
          throw error;
        }
        const milliseconds = performance.now() - start;
        this.memory.release(current);
        current = output;
        expected = expected && stageForward(stage, expected);
        const error = twin && expected && errorStatistics(twin.decrypt(sharedView(output)), expected);
        yield layerTrace(parameters, { name, kind, modelLayers, output, ...measured, milliseconds, error });
      }
      const { ciphertexts, ...layout } = sharedView(current);
      return { ...layout, ciphertexts: ciphertexts.map((bytes) => bytes.slice()) };
    } finally {
      this.memory.release(current);
    }
  }

  #requireInput({ packing, shape, slotLayout }: SerializedTensor): void {
    const { inputShape, input } = this.plan;
    if (
      packing === "packed" &&
      formatShape(shape) === formatShape(inputShape) &&
      slotLayout?.length === input.length
    )
      return;
    throw new InputError(
      `forward: expected ${formatShape(inputShape)} packed into ${input.length} ciphertext(s), ` +
        `got ${formatShape(shape)} in packing ${packing}; encrypt with the plan's client specification`,
    );
  }

  /** Has all threads compute one stage together, image by image. */
  async #compute(
    stage: number,
    input: SharedTensor,
    output: SharedTensor,
    signal: AbortSignal | undefined,
    onProgress: (done: number, total: number) => void,
  ): Promise<TaskResult> {
    let ops = noOperations;
    let last: TaskResult | undefined;
    for (let image = 0; image < input.images; image++) {
      signal?.throwIfAborted();
      this.team.meeting.fill(0);
      const size = this.threads;
      const outcomes = await Promise.all(
        Array.from({ length: size }, (_, rank) =>
          this.pool.run({ stage, input, output, image, rank, size, memory: this.team }),
        ),
      );
      for (const outcome of outcomes) {
        if ("refused" in outcome) throw new InputError(outcome.refused);
        if (!("ops" in outcome)) continue;
        last = outcome;
        ops = operationsTogether(ops, outcome.ops);
      }
      onProgress(image + 1, input.images);
    }
    return { ...last!, ops };
  }

  /** Stops the workers, and with them whatever they compute. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.pool.destroy();
  }
}

/** The most ciphertexts that the members of a team share at once. */
function mostShared({ stages }: Plan, threads: number): number {
  const counts = stages.map(({ slotMap, input, output }: PlannedStage) => {
    const babies = new Set(
      slotMap?.diagonals
        .filter(({ baby }) => baby !== 0)
        .map(({ input: source, baby }) => `${source},${baby}`),
    );
    return Math.max(input.length, output.length * threads, babies.size);
  });
  return Math.max(1, ...counts);
}
