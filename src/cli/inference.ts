import { performance } from "node:perf_hooks";
import { byteLength } from "../he-ml/crypto/encrypted-tensor.js";
import type { Packing } from "../he-ml/crypto/packing.js";
import type { CkksParameters } from "../he-ml/crypto/parameters.js";
import { SecretContext } from "../he-ml/crypto/secret-context.js";
import { Engine } from "../he-ml/engine/engine.js";
import type { LayerTrace } from "../he-ml/layers/trace.js";
import { modelForward, requireBatchOf, type Model } from "../he-ml/model/model.js";
import type { ValueRange } from "../he-ml/net-builder/chain.js";
import { argmax, imageAt, maxAbs, type Tensor } from "../he-ml/tensor/tensor.js";

/** Milliseconds of each stage for the whole batch. */
export interface StageMilliseconds {
  readonly encrypt: number;
  /** The server's work alone, warm. */
  readonly evaluate: number;
  readonly decrypt: number;
}

export interface ImageResult {
  readonly logits: readonly number[];
  readonly plainLogits: readonly number[];
  readonly predicted: number;
  readonly plainPredicted: number;
  /** What the image shows; null where that is not known. */
  readonly label: number | null;
  readonly maxAbsError: number;
  /** maxAbsError divided by the largest magnitude among the plain logits. */
  readonly relativeToMax: number;
  /** Of the whole batch, the same for each of its images. */
  readonly milliseconds: StageMilliseconds;
}

/** What `he-ml infer --json` prints. */
export interface InferenceReport {
  readonly model: string;
  readonly packing: Packing;
  readonly images: number;
  readonly parameters: Pick<
    CkksParameters,
    "scheme" | "polyModulusDegree" | "coeffModulusBits" | "scaleBits" | "weightScaleBits" | "security"
  >;
  readonly threads: number;
  readonly results: readonly ImageResult[];
  readonly setupMilliseconds: { readonly keys: number; readonly server: number };
  /** What would travel, seeded and uncompressed. */
  readonly bytes: { readonly input: number; readonly output: number; readonly evaluationKeys: number };
  readonly layers: readonly LayerTrace[];
}

export interface InferenceRequest {
  readonly model: Model;
  readonly parameters: CkksParameters;
  readonly valueRanges?: readonly ValueRange[];
  readonly packing: Packing;
  /** `[n, …inputShape]` */
  readonly images: Tensor;
  readonly labels: readonly (number | null)[];
  /** The plain result to compare with, `[n, classes]`; the plain forward if left out. */
  readonly plainLogits?: Tensor;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

/**
 * Plays client and server: makes keys, encrypts, evaluates, decrypts, and compares with the plain model.
 *
 * @throws InputError before anything is encrypted if images, parameters and model do not fit together
 */
export async function runInference(request: InferenceRequest): Promise<InferenceReport> {
  const { model, parameters, valueRanges, packing, images, labels, threads, signal, onProgress } = request;
  requireBatchOf(model.inputShape, images, `model "${model.name}"`);
  const plainLogits = request.plainLogits ?? modelForward(model, images).at(-1)!;

  const [client, keysMilliseconds] = await timed(() => SecretContext.create(parameters));
  const keys = client.exportEvaluationKeys();
  const [engine, serverMilliseconds] = await timed(() =>
    Engine.start({ parameters, keys, model, valueRanges, threads }),
  );
  try {
    const [input, encrypt] = await timed(() =>
      client.encryptAsync(images, {
        packing,
        signal,
        onProgress: (done, total) => onProgress?.("encrypt", done, total),
      }),
    );
    const layers: LayerTrace[] = [];
    const run = engine.forward(input, {
      signal,
      onProgress: ({ layer, done, total }) => onProgress?.(layer, done, total),
      twin: { input: images, decrypt: (tensor) => client.decrypt(tensor) },
    });
    let step = await run.next();
    for (; !step.done; step = await run.next()) layers.push(step.value);
    const output = step.value;
    const [logits, decrypt] = await timed(async () => client.decrypt(output));
    const evaluate = layers.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    return {
      model: model.name,
      packing,
      images: images.shape[0],
      parameters: {
        scheme: parameters.scheme,
        polyModulusDegree: parameters.polyModulusDegree,
        coeffModulusBits: parameters.coeffModulusBits,
        scaleBits: parameters.scaleBits,
        weightScaleBits: parameters.weightScaleBits,
        security: parameters.security,
      },
      threads,
      results: labels.map((label, i) =>
        imageResult(imageAt(logits, i), imageAt(plainLogits, i), label, { encrypt, evaluate, decrypt }),
      ),
      setupMilliseconds: { keys: keysMilliseconds, server: serverMilliseconds },
      bytes: {
        input: byteLength(input),
        output: byteLength(output),
        evaluationKeys: keys.publicKey.length + keys.relinKeys.length,
      },
      layers,
    };
  } finally {
    await engine.close();
  }
}

function imageResult(
  logits: Tensor,
  plainLogits: Tensor,
  label: number | null,
  milliseconds: StageMilliseconds,
): ImageResult {
  const maxAbsError = maxAbs(logits.data.map((value, i) => value - plainLogits.data[i]));
  return {
    logits: [...logits.data],
    plainLogits: [...plainLogits.data],
    predicted: argmax(logits.data),
    plainPredicted: argmax(plainLogits.data),
    label,
    maxAbsError,
    relativeToMax: maxAbsError / maxAbs(plainLogits.data),
    milliseconds,
  };
}

async function timed<T>(work: () => T | Promise<T>): Promise<[result: T, milliseconds: number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}
