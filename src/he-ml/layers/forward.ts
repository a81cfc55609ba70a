import { type LevelAndScale } from "../crypto/ciphertext.js";
import { type EncryptedTensor } from "../crypto/encrypted-tensor.js";
import { operationsBetween } from "../crypto/operation-counts.js";
import { modulusBits, type CkksParameters } from "../crypto/parameters.js";
import { layerForward } from "../model/model.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import { type Tensor } from "../tensor/tensor.js";
import { type EncodedLayer } from "./encoded-layer.js";
import { type CiphertextState, type LayerTrace } from "./trace.js";

/** The plain twin of a run, for its error: needs the secret key, so it is a local tool, never a service. */
export interface PlainTwin {
  /** The images that were encrypted, `[n, …shape]`. */
  readonly input: Tensor;
  readonly decrypt: (tensor: EncryptedTensor) => Tensor;
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

export interface ForwardOptions {
  /** Stops the run between two ciphertexts; the iterator throws the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ForwardProgress) => void;
  readonly twin?: PlainTwin;
}

/**
 * Runs encoded layers one after the other, all of a model or a range, and yields each one's trace as soon as it is
 * done. Intermediate tensors are freed; the input stays the caller's, and so does the returned output.
 *
 * @throws InputError if the input does not fit the first layer
 * @example
 * const run = forward(layers, encryptedImages);
 * for (let step = await run.next(); ; step = await run.next()) {
 *   if (step.done) return step.value;
 *   console.log(step.value.name, step.value.milliseconds);
 * }
 */
export async function* forward(
  layers: readonly EncodedLayer[],
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
      const before = stateOf(evaluator.parameters, current);
      if (current !== input) current[Symbol.dispose]();
      current = output;
      expected = expected && layerForward(layer, expected);
      const after = stateOf(evaluator.parameters, output);
      yield {
        name: layer.name,
        modelLayers: [encoded.index ?? position],
        kind: layer.kind,
        packing: output.packing,
        images: output.images,
        shape: output.shape,
        security: evaluator.parameters.security,
        before,
        after,
        ...after,
        ciphertexts: output.ciphertexts.length,
        bytes: output.ciphertexts.length * 2 * output.level * evaluator.parameters.polyModulusDegree * 8,
        ops: operationsBetween(operationsBefore, evaluator.operations),
        milliseconds,
        error: twin && expected && errorStatistics(twin.decrypt(output), expected),
      };
    }
    const result = current;
    current = input;
    return result;
  } finally {
    if (current !== input) current[Symbol.dispose]();
  }
}

function stateOf(parameters: CkksParameters, { level, scale }: LevelAndScale): CiphertextState {
  return { level, scaleBits: Math.log2(scale), modulusBits: modulusBits(parameters, level) };
}
