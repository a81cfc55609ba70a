import { payloadLength } from "../crypto/byte-format.js";
import type { EvaluatorChoice } from "../crypto/choose-evaluator.js";
import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import { modelForward } from "../model/model.js";
import { explain, type Explanation } from "../program/explain.js";
import { Client } from "../service/client.js";
import type { Session } from "../service/session.js";
import { timed } from "../service/timed.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import { argmax, imageAt, maxAbs, sizeOf, tensor, zeros, type Tensor } from "../tensor/tensor.js";
import type { BenchModel, Precision } from "./bench.js";
import { thisMachine, type Machine } from "./calibration/machine-costs.js";
import { compile } from "./compile.js";
import { Server } from "./server.js";

export interface BatchModelBench {
  readonly model: string;
  readonly packing: "batch";
  readonly evaluator: EvaluatorChoice;
  readonly threads: number;
  /** Images of one evaluation: a slot each, N / 2. */
  readonly images: number;
  /** The server's work on all of them. */
  readonly evaluateMilliseconds: { readonly min: number; readonly median: number };
  /** By the fastest evaluation. */
  readonly imagesPerSecond: number;
  /** Of SEAL's evaluator on one thread; null where nothing predicts. */
  readonly predictedMilliseconds: number | null;
  readonly setupMilliseconds: { readonly plan: number; readonly keys: number; readonly encode: number };
  readonly encryptMilliseconds: number;
  readonly decryptMilliseconds: number;
  readonly bytes: { readonly input: number; readonly evaluationKeys: number; readonly output: number };
  readonly parameters: Explanation["parameters"];
  readonly stages: readonly { readonly name: string; readonly measuredMilliseconds: number }[];
  readonly precision?: Precision;
}

/** What a benchmark of whole batches measured, as plain JSON. */
export interface BatchBenchReport {
  readonly machine: Machine;
  readonly models: readonly BatchModelBench[];
}

export interface BatchBenchOptions {
  /** Worker threads that layers are shared out to; 2 if left out. */
  readonly threads?: number;
  /** Evaluations of a whole batch to time; 3 if left out. */
  readonly repetitions?: number;
  /** This one alone; left out, the kernels and then SEAL. */
  readonly evaluator?: EvaluatorKind;
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

/**
 * Measures throughput, sizes and precision of inference in packing `batch`: an image in each slot.
 *
 * @throws InputError as `compile` and `Server.start` do
 * @example const { models } = await benchBatch([{ model: await loadModel("lenet1") }], { evaluator: "kernel" });
 */
export async function benchBatch(
  models: readonly BenchModel[],
  options: BatchBenchOptions = {},
): Promise<BatchBenchReport> {
  const measured: BatchModelBench[] = [];
  const evaluators: readonly EvaluatorKind[] = options.evaluator ? [options.evaluator] : ["kernel", "seal"];
  for (const model of models)
    for (const evaluator of evaluators) measured.push(await benchModel(model, { ...options, evaluator }));
  return { machine: thisMachine(), models: measured };
}

async function benchModel(
  { model, images, plainLogits }: BenchModel,
  { threads = 2, repetitions = 3, evaluator, signal, onProgress }: BatchBenchOptions,
): Promise<BatchModelBench> {
  const progress = (done: number) => onProgress?.(`${model.name}, ${evaluator}`, done, repetitions + 2);
  progress(0);
  const [program, plan] = await timed(() => compile(model, { packing: "batch" }));
  const explanation = explain(program);
  const [client, clientMilliseconds] = await timed(() => Client.create(program.clientSpec));
  const [keys, keyMilliseconds] = await timed(() => client.evaluationKeys);
  const [server, encode] = await timed(() => Server.start(program, { threads, evaluator }));
  try {
    const session = await server.connect(keys);
    progress(1);
    const batch = fullBatch(images ?? zeros([1, ...model.inputShape]), program.parameters.slots);
    const [request, encrypt] = await timed(() => client.encrypt(batch));
    progress(2);
    const runs: Awaited<ReturnType<Session["run"]>>[] = [];
    for (let i = 1; i <= repetitions; i++) {
      runs.push(await session.run(request, { signal }));
      progress(2 + i);
    }
    const evaluations = runs.map(({ traces }) =>
      traces.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    );
    const { response } = runs.at(-1)!;
    const [logits, decrypt] = await timed(() => client.decrypt(response));
    const fastest = Math.min(...evaluations);
    return {
      model: model.name,
      packing: "batch",
      evaluator: server.evaluator,
      threads,
      images: program.parameters.slots,
      evaluateMilliseconds: { min: fastest, median: median(evaluations) },
      imagesPerSecond: (1000 * program.parameters.slots) / fastest,
      predictedMilliseconds: evaluator === "seal" ? explanation.totals.predictedMilliseconds : null,
      setupMilliseconds: { plan, keys: clientMilliseconds + keyMilliseconds, encode },
      encryptMilliseconds: encrypt,
      decryptMilliseconds: decrypt,
      bytes: {
        input: payloadLength(request),
        evaluationKeys: payloadLength(keys),
        output: payloadLength(response),
      },
      parameters: explanation.parameters,
      stages: runs[0].traces.map(({ name }, i) => ({
        name,
        measuredMilliseconds: median(runs.map(({ traces }) => traces[i].milliseconds)),
      })),
      precision: images && precisionOf(logits, plainLogits ?? modelForward(model, images).at(-1)!),
    };
  } finally {
    await server.close();
  }
}

/** As many images as there are slots, those given over and over. */
function fullBatch(images: Tensor, slots: number): Tensor {
  const [count, ...shape] = images.shape;
  const size = sizeOf(shape);
  const values = new Float64Array(slots * size);
  for (let i = 0; i < slots; i++) {
    values.set(images.data.subarray((i % count) * size, ((i % count) + 1) * size), i * size);
  }
  return tensor([slots, ...shape], values);
}

/** Of those of the batch that there are plain logits for. */
function precisionOf(logits: Tensor, plainLogits: Tensor): Precision {
  const images = Math.min(logits.shape[0], plainLogits.shape[0]);
  let [maxAbsError, flips] = [0, 0];
  for (let i = 0; i < images; i++) {
    const [got, expected] = [imageAt(logits, i), imageAt(plainLogits, i)];
    maxAbsError = Math.max(maxAbsError, errorStatistics(got, expected).maxAbs);
    if (argmax(got.data) !== argmax(expected.data)) flips++;
  }
  const largestLogit = maxAbs(plainLogits.data);
  return { images, maxAbsError, largestLogit, relativeToMax: maxAbsError / largestLogit, flips };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
