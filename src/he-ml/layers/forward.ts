import type { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import { operationsBetween } from "../crypto/operation-counts.js";
import { layerForward } from "../model/model.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import type { Tensor } from "../tensor/tensor.js";
import type { RunnableLayer } from "./encoded-layer.js";
import { layerTrace, type LayerTrace } from "./trace.js";

/** The plain twin of a run, for its error: needs the secret key, so it is a local tool, never a service. */
export interface PlainTwin<T = EncryptedTensor> {
  /** The images that were encrypted, `[n, …shape]`. */
  readonly input: Tensor;
  readonly decrypt: (tensor: T) => Tensor;
}

export interface ForwardProgress {
  readonly layer: string;
  /** Position among the layers run, from 0, and how many there are. */
  readonly position: number;
  readonly layers: number;
  /** Ciphertexts done of the layer's output. */
  readonly done: number;
  readonly total: number;
}

export interface ForwardOptions<T = EncryptedTensor> {
  /** Stops the run between two ciphertexts; the iterator throws the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ForwardProgress) => void;
  readonly twin?: PlainTwin<T>;
}

/**
 * Runs encoded layers one after the other, all of a model or a range, and yields each one's trace as soon as it is
 * done. Intermediate tensors are freed; the input stays the caller's, and so does the returned output.
 *
 * @throws InputError if the input does not fit the first layer
 * @example
 * const { output, traces } = await collect(forward(layers, encryptedImages));
 */
export async function* forward(
  layers: readonly RunnableLayer[],
  input: EncryptedTensor,
  { signal, onProgress, twin }: ForwardOptions = {},
): AsyncGenerator<LayerTrace, EncryptedTensor> {
  let current = input;
  let expected = twin?.input;
  try {
    for (const [position, encoded] of layers.entries()) {
      signal?.throwIfAborted();
      const { layer, evaluator } = encoded;
      const operationsBefore = evaluator.operations;
      const start = performance.now();
      const output = await encoded.run(current, {
        signal,
        onProgress: (done, total) =>
          onProgress?.({ layer: layer.name, position, layers: layers.length, done, total }),
      });
      const milliseconds = performance.now() - start;
      const { level, scale } = current;
      if (current !== input) current[Symbol.dispose]();
      current = output;
      if (layer.kind !== "reencryption") expected = expected && layerForward(layer, expected);
      yield layerTrace(evaluator.parameters, {
        layer,
        index: layer.kind === "reencryption" ? undefined : (encoded.index ?? position),
        output,
        before: { level, scale },
        after: { level: output.level, scale: output.scale },
        ops: operationsBetween(operationsBefore, evaluator.operations),
        milliseconds,
        error: twin && expected && errorStatistics(twin.decrypt(output), expected),
      });
    }
    const result = current;
    current = input;
    return result;
  } finally {
    if (current !== input) current[Symbol.dispose]();
  }
}

/** Runs a forward pass to its end: all its traces, and its output, which the caller owns. */
export async function collect<T>(
  run: AsyncGenerator<LayerTrace, T>,
): Promise<{ readonly output: T; readonly traces: readonly LayerTrace[] }> {
  const traces: LayerTrace[] = [];
  for (;;) {
    const step = await run.next();
    if (step.done) return { output: step.value, traces };
    traces.push(step.value);
  }
}
