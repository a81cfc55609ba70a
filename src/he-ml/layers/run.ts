import { requireArgument } from "../arguments.js";
import type { LevelAndScale } from "../crypto/ciphertext.js";
import { DecryptionFailedError } from "../crypto/decryption-failed-error.js";
import type { TracedEvaluator } from "../crypto/evaluator-kind.js";
import type { OperationCounts } from "../crypto/operation-counts.js";
import type { EncryptedLayout } from "../crypto/packing.js";
import type { SchemeParameters } from "../crypto/scheme-parameters.js";
import { requireLongWork, type TurnOptions } from "../long-work.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import type { Tensor } from "../tensor/tensor.js";
import { describeLayer } from "../model/layer.js";
import { layerTrace, type LayerTrace } from "./trace.js";

/** The plain twin of a run, for its error: needs the secret key, so it is a local tool, never a service. */
export interface PlainTwin<T> {
  /** The images that were encrypted, `[n, …shape]`. */
  readonly input: Tensor;
  readonly decrypt: (tensor: T) => Tensor;
  /** BFV's invariant noise budget in bits, the least of a tensor's ciphertexts; traces then tell it. */
  readonly noiseBudget?: (tensor: T) => number;
}

export interface RunProgress {
  /** Name of the layer or stage. */
  readonly layer: string;
  /** Position among the layers run, from 0, and how many there are. */
  readonly position: number;
  readonly layers: number;
  /** Ciphertexts done of the layer's output. */
  readonly done: number;
  readonly total: number;
}

export interface RunOptions<T> {
  /** Stops the run between two ciphertexts; the iterator throws the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RunProgress) => void;
  /** How long this thread computes before whatever else waits for its event loop has its turn; 50 if left out. */
  readonly turnMilliseconds?: number;
  readonly twin?: PlainTwin<T>;
}

/** What a step made of its input, and what that took. */
export interface StepResult<T> {
  readonly output: T;
  /** Level and scale of the input, and of the output. */
  readonly before: LevelAndScale;
  readonly after: LevelAndScale;
  readonly ops: OperationCounts;
  /** Where whoever computes measured it; else it is the time from asking to having. */
  readonly milliseconds?: number;
}

/** A layer or stage, as whoever computes it offers it. `T` is how that one holds encrypted tensors. */
export interface RunStep<T> {
  readonly name: string;
  /** The layer's kind, or `stage` for several at once. */
  readonly kind: string;
  /** Positions in the model, from 0. */
  readonly modelLayers: readonly number[];
  /** Leaves its input alone. */
  compute(input: T, options: TurnOptions): Promise<StepResult<T>>;
  /** The same in the clear, over a batch `[n, …inputShape]`. */
  plain(batch: Tensor): Tensor;
}

/** Who computes: in this thread, or by workers. */
export interface Runner<T> {
  readonly parameters: SchemeParameters;
  /** What computes. */
  readonly evaluator: TracedEvaluator;
  /** Called once for every tensor that is not needed any more, the input included; never for the one returned. */
  free(tensor: T): void;
  /** Where only one step can be computed at a time: starts the work when it is this run's turn. */
  readonly turns?: { take<R>(work: () => Promise<R>): Promise<R> };
}

/**
 * Runs steps one after the other, whoever computes them, and yields each one's trace as soon as it is done. The one place
 * where steps are timed, compared with their plain twin, watched and stopped.
 *
 * @returns the output of the last step
 * @throws DecryptionFailedError naming the layer or stage, where the twin finds a noise budget used up
 */
export async function* runSteps<T extends EncryptedLayout>(
  steps: readonly RunStep<T>[],
  input: T,
  runner: Runner<T>,
  options: RunOptions<T> = {},
): AsyncGenerator<LayerTrace, T> {
  requireLongWork("options", options);
  const { signal, onProgress, turnMilliseconds, twin } = options;
  let current: T | undefined = input;
  let expected = twin?.input;
  let budget = twin?.noiseBudget?.(input);
  try {
    for (const [position, step] of steps.entries()) {
      const { name, kind, modelLayers } = step;
      let start = 0;
      const compute = async () => {
        signal?.throwIfAborted();
        start = performance.now();
        return step.compute(current!, {
          signal,
          turnMilliseconds,
          onProgress: (done, total) =>
            onProgress?.({ layer: name, position, layers: steps.length, done, total }),
        });
      };
      const result = await (runner.turns ? runner.turns.take(compute) : compute());
      const { output, milliseconds = performance.now() - start, ...measured } = result;
      runner.free(current);
      current = output;
      expected = expected && step.plain(expected);
      const budgetBefore = budget;
      budget = twin?.noiseBudget?.(output);
      const error = twin && expected && errorStatistics(decryptedBehind(step, twin, output), expected);
      yield layerTrace(runner.parameters, {
        name,
        kind,
        modelLayers,
        evaluator: runner.evaluator,
        output,
        ...measured,
        milliseconds,
        error,
        noiseBudget:
          budgetBefore === undefined || budget === undefined
            ? undefined
            : { before: budgetBefore, after: budget },
      });
    }
    // Aborted in the last step, which need not notice.
    signal?.throwIfAborted();
    const result = current;
    current = undefined;
    return result;
  } finally {
    if (current) runner.free(current);
  }
}

function decryptedBehind<T>({ kind, name }: RunStep<T>, twin: PlainTwin<T>, output: T): Tensor {
  try {
    return twin.decrypt(output);
  } catch (error) {
    throw error instanceof DecryptionFailedError ? error.behind(describeLayer({ kind, name })) : error;
  }
}

/**
 * Runs to the end: all traces, and the output, which the caller owns.
 *
 * @throws InputError if it is no run, and whatever the run throws
 */
export async function collect<T>(
  run: AsyncGenerator<LayerTrace, T>,
): Promise<{ readonly output: T; readonly traces: readonly LayerTrace[] }> {
  const { next } = (run ?? {}) as Partial<typeof run>;
  requireArgument("collect", typeof next === "function", "a run, as forward gives it", run);
  const traces: LayerTrace[] = [];
  for (;;) {
    const step = await run.next();
    if (step.done) return { output: step.value, traces };
    traces.push(step.value);
  }
}
