import { performance } from "node:perf_hooks";
import { byteLength, type SerializedTensor } from "../he-ml/crypto/encrypted-tensor.js";
import type { Packing } from "../he-ml/crypto/packing.js";
import type { CkksParameters } from "../he-ml/crypto/parameters.js";
import { keyBytes, type EvaluationKeys } from "../he-ml/crypto/public-context.js";
import { SecretContext } from "../he-ml/crypto/secret-context.js";
import { Engine } from "../he-ml/engine/engine.js";
import { PackedEngine } from "../he-ml/engine/packed-engine.js";
import { collect, type ForwardOptions } from "../he-ml/layers/forward.js";
import type { LayerTrace } from "../he-ml/layers/trace.js";
import { buildFromModel } from "../he-ml/net-builder/build-from-model.js";
import type { Explanation } from "../he-ml/net-builder/explain.js";
import type { Plan } from "../he-ml/planner/plan.js";
import { errorStatistics } from "../he-ml/tensor/error-statistics.js";
import { ClearEvaluator } from "../he-ml/crypto/clear-evaluator.js";
import { InputError } from "../he-ml/errors.js";
import { modelForward, requireBatchOf, type Model } from "../he-ml/model/model.js";
import { valueRanges as rangesOf, type ValueRange } from "../he-ml/model/value-range.js";
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
  /** Largest difference from the logits that the image came with, where it came with any. */
  readonly maxAbsErrorToExpected?: number;
  /** maxAbsError divided by the largest magnitude among the plain logits; as in ErrorStatistics. */
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
  /** What was told before the run, in packing `packed`. */
  readonly explanation?: Explanation;
}

export interface InferenceRequest {
  readonly model: Model;
  readonly parameters: CkksParameters;
  readonly valueRanges?: readonly ValueRange[];
  readonly packing: Packing;
  /** How to compute it, and what that will take, in packing `packed`. */
  readonly packed?: { readonly plan: Plan; readonly explanation: Explanation };
  /** `[n, …inputShape]` */
  readonly images: Tensor;
  readonly labels: readonly (number | null)[];
  /** The plain result to compare with, `[n, classes]`; the plain forward if left out. */
  readonly plainLogits?: Tensor;
  /** Logits that the images came with, `[n, classes]`. */
  readonly expectedLogits?: Tensor;
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
  const { model, parameters, packing, packed, images, labels, expectedLogits, signal, onProgress } = request;
  requireBatchOf(model.inputShape, images, `model "${model.name}"`);
  const plainOutputs = modelForward(model, images);
  requireKnownRange(request);
  if (!packed) requireRoomForValues(request, plainOutputs);
  const plainLogits = request.plainLogits ?? plainOutputs.at(-1)!;

  const [client, keysMilliseconds] = await timed(() => SecretContext.create(parameters));
  const [keys, rotationMilliseconds] = await timed(() => client.exportEvaluationKeys(packed?.plan.rotations));
  // The server starts while the client encrypts, as two machines would.
  const starting = timed(() => startServer(request, keys));
  try {
    const [[input, encrypt], [engine, serverMilliseconds]] = await Promise.all([
      timed(() =>
        client.encryptAsync(images, {
          packing,
          slotLayout: packed?.plan.input,
          signal,
          onProgress: (done, total) => onProgress?.("encrypt", done, total),
        }),
      ),
      starting,
    ]);
    const run = engine.forward(input, {
      signal,
      onProgress: ({ layer, done, total }) => onProgress?.(layer, done, total),
      twin: { input: images, decrypt: (tensor) => client.decrypt(tensor) },
    });
    const { output, traces: layers } = await collect(run);
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
      threads: request.threads,
      results: labels.map((label, i) => ({
        ...compare(imageAt(logits, i), imageAt(plainLogits, i)),
        label,
        maxAbsErrorToExpected:
          expectedLogits && errorStatistics(imageAt(logits, i), imageAt(expectedLogits, i)).maxAbs,
        milliseconds: { encrypt, evaluate, decrypt },
      })),
      setupMilliseconds: { keys: keysMilliseconds + rotationMilliseconds, server: serverMilliseconds },
      bytes: {
        input: byteLength(input),
        output: byteLength(output),
        evaluationKeys: keyBytes(keys),
      },
      layers,
      explanation: packed?.explanation,
    };
  } finally {
    await starting.then(
      ([engine]) => engine.close(),
      () => undefined,
    );
  }
}

/** What evaluates: knows the model and the evaluation keys, and no secret. */
interface Server {
  forward(
    input: SerializedTensor,
    options: ForwardOptions<SerializedTensor>,
  ): AsyncGenerator<LayerTrace, SerializedTensor>;
  close(): Promise<void>;
}

function startServer(request: InferenceRequest, keys: EvaluationKeys): Promise<Server> {
  const { packed, parameters, model, valueRanges, threads } = request;
  return packed
    ? PackedEngine.start({ plan: packed.plan, keys, threads })
    : Engine.start({ parameters, keys, model, valueRanges, threads });
}

function compare(logits: Tensor, plainLogits: Tensor) {
  const { maxAbs, relativeToMax } = errorStatistics(logits, plainLogits);
  return {
    logits: [...logits.data],
    plainLogits: [...plainLogits.data],
    predicted: argmax(logits.data),
    plainPredicted: argmax(plainLogits.data),
    maxAbsError: maxAbs,
    relativeToMax,
  };
}

/**
 * Images unlike those that the model was trained on give values for which the chain has no room; encrypted, they
 * would wrap around and come back as garbage.
 */
function requireKnownRange({ model, images, valueRanges }: InferenceRequest): void {
  const known = valueRanges?.find(({ name }) => name === "input");
  const largest = maxAbs(images.data);
  if (known && largest > 2 * Math.max(Math.abs(known.min), Math.abs(known.max))) {
    throw new InputError(
      `model "${model.name}": images hold values up to ${largest}, it was trained on ${known.min} to ${known.max}; ` +
        `bring them to that range (divide bytes by 255)`,
    );
  }
}

function requireRoomForValues(
  { model, parameters, images }: InferenceRequest,
  plainOutputs: readonly Tensor[],
): void {
  buildFromModel(new ClearEvaluator(parameters), model, {
    valueRanges: rangesOf(model, images, plainOutputs),
  });
}

async function timed<T>(work: () => T | Promise<T>): Promise<[result: T, milliseconds: number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}
