import { CostMeter } from "../he-ml/calibration/measure-costs.js";
import { planningCosts, thisMachine, type Machine } from "../he-ml/calibration/machine-costs.js";
import { byteLength, type EncryptedTensor, type SerializedTensor } from "../he-ml/crypto/encrypted-tensor.js";
import { keyBytes, PublicContext, type EvaluationKeys } from "../he-ml/crypto/public-context.js";
import { SecretContext } from "../he-ml/crypto/secret-context.js";
import { PackedEngine } from "../he-ml/engine/packed-engine.js";
import { collect, forward } from "../he-ml/layers/forward.js";
import { modelForward, type Model } from "../he-ml/model/model.js";
import type { ValueRange } from "../he-ml/model/value-range.js";
import { encodePlan, type EncodedPlan } from "../he-ml/net-builder/encode-plan.js";
import { explainPlan, type Explanation } from "../he-ml/net-builder/explain.js";
import { clientSpec } from "../he-ml/planner/client-spec.js";
import type { PrimitiveCosts } from "../he-ml/planner/costs.js";
import { planModel, type Plan } from "../he-ml/planner/plan.js";
import { errorStatistics } from "../he-ml/tensor/error-statistics.js";
import { argmax, imageAt, maxAbs, stack, zeros, type Tensor } from "../he-ml/tensor/tensor.js";

/** A model to measure, and what is known of it. */
export interface BenchModel {
  readonly model: Model;
  readonly valueRanges?: readonly ValueRange[];
  /** Images to plan by and to measure precision on, with onnxruntime's logits; none for a network with made-up weights. */
  readonly images?: Tensor;
  readonly plainLogits?: Tensor;
}

export interface Precision {
  readonly images: number;
  readonly maxAbsError: number;
  /** Of all images. */
  readonly largestLogit: number;
  readonly relativeToMax: number;
  /** Images whose encrypted and plain prediction differ. */
  readonly flips: number;
}

export interface ModelBench {
  readonly model: string;
  readonly packing: "packed";
  /** Images of one evaluation. */
  readonly images: 1;
  /** The server's work alone, warm, on one thread. */
  readonly evaluateMilliseconds: { readonly min: number; readonly median: number };
  /** The same in rotations at the top level, a few of which were timed after each evaluation: min / min, and medians. */
  readonly timesOneRotation: { readonly min: number; readonly median: number };
  /** By worker threads that share each stage, what they take in and give out included. */
  readonly sharedMilliseconds?: { readonly threads: number; readonly min: number; readonly median: number };
  readonly predictedMilliseconds: number;
  /** Predicted over measured (median). */
  readonly predictedOverMeasured: number;
  readonly setupMilliseconds: { readonly plan: number; readonly keys: number; readonly encode: number };
  readonly encryptMilliseconds: number;
  readonly decryptMilliseconds: number;
  readonly bytes: { readonly input: number; readonly evaluationKeys: number; readonly output: number };
  readonly parameters: Explanation["parameters"];
  readonly stages: readonly {
    readonly name: string;
    readonly rotate: number;
    readonly multiplyPlain: number;
    readonly predictedMilliseconds: number;
    readonly measuredMilliseconds: number;
  }[];
  readonly rotations: number;
  readonly precision?: Precision;
}

/** What `he-ml bench --json` prints. */
export interface BenchReport {
  readonly machine: Machine;
  /** Primitive costs of the same run, under the first model's parameters. */
  readonly primitives: PrimitiveCosts;
  readonly models: readonly ModelBench[];
}

export interface BenchOptions {
  /** Worker threads that share a stage's work, in a measurement of its own; 1 for none. */
  readonly threads: number;
  readonly repetitions: number;
  readonly signal: AbortSignal;
  readonly onProgress: (step: string, done: number, total: number) => void;
}

/** A busy moment hits evaluations and rotations alike when they are timed in turn. */
const rotationsBetweenRuns = 3;

/** Measures latency, sizes and precision of packed inference, and the primitives beside them. */
export async function runBench(models: readonly BenchModel[], options: BenchOptions): Promise<BenchReport> {
  const costs = await planningCosts();
  const measured: { readonly bench: ModelBench; readonly primitives: PrimitiveCosts }[] = [];
  for (const model of models) measured.push(await benchModel(model, costs, options));
  return {
    machine: thisMachine(),
    primitives: measured[0].primitives,
    models: measured.map(({ bench }) => bench),
  };
}

async function benchModel(
  { model, valueRanges, images, plainLogits }: BenchModel,
  costs: (degree: number, levels: number) => PrimitiveCosts,
  options: BenchOptions,
) {
  const progress = (done: number) => options.onProgress(model.name, done, 3 + options.repetitions);
  progress(0);
  const [plan, planMilliseconds] = await timed(() =>
    planModel(model, {
      valueRanges,
      samples: images && stack([imageAt(images, 0), imageAt(images, 1)]),
      costs,
    }),
  );
  progress(1);
  const [client, clientMilliseconds] = await timed(() => SecretContext.create(plan.parameters));
  const [keys, keyMilliseconds] = await timed(() => client.exportEvaluationKeys(plan.rotations));
  const server = await PublicContext.load(plan.parameters, keys);
  const [encoded, encodeMilliseconds] = await timed(() => encodePlan(server.evaluator, plan));
  progress(2);
  const meter = await CostMeter.open(plan.parameters);
  const primitives = meter.costs();
  progress(3);
  const spec = clientSpec(plan);
  const image = stack([images ? imageAt(images, 0) : zeros(model.inputShape)]);
  const [message, encrypt] = await timed(() => client.encrypt(image, spec));
  using input = server.load(message);
  using runs = await repeat(encoded, input, meter, options, (i) => progress(3 + i));
  const output = server.save(runs.output);
  const [, decrypt] = await timed(() => client.decrypt({ ...output, slotLayout: spec.outputSlotLayout }));
  const explanation = explainPlan(plan, primitives);
  const shared = await measureShared({ plan, keys, message, options });
  const bench: ModelBench = {
    model: model.name,
    packing: "packed",
    images: 1,
    evaluateMilliseconds: minAndMedian(runs.evaluations),
    timesOneRotation: {
      min: Math.min(...runs.evaluations) / Math.min(...runs.rotations),
      median: median(runs.evaluations) / median(runs.rotations),
    },
    sharedMilliseconds: shared,
    predictedMilliseconds: explanation.totals.predictedMilliseconds,
    predictedOverMeasured: explanation.totals.predictedMilliseconds / median(runs.evaluations),
    setupMilliseconds: {
      plan: planMilliseconds,
      keys: clientMilliseconds + keyMilliseconds,
      encode: encodeMilliseconds,
    },
    encryptMilliseconds: encrypt,
    decryptMilliseconds: decrypt,
    bytes: { input: byteLength(message), evaluationKeys: keyBytes(keys), output: byteLength(output) },
    parameters: explanation.parameters,
    stages: explanation.stages.map(({ name, ops, predictedMilliseconds }, i) => ({
      name,
      rotate: ops.rotate,
      multiplyPlain: ops.multiplyPlain,
      predictedMilliseconds,
      measuredMilliseconds: median(runs.stages.map((milliseconds) => milliseconds[i])),
    })),
    rotations: explanation.totals.ops.rotate,
    precision:
      images && (await measurePrecision({ client, server, encoded, plan, images, plainLogits, options })),
  };
  encoded[Symbol.dispose]();
  return { bench, primitives };
}

interface Repeated extends Disposable {
  readonly evaluations: readonly number[];
  readonly stages: readonly (readonly number[])[];
  readonly rotations: readonly number[];
  /** Of the last evaluation. */
  readonly output: EncryptedTensor;
}

/** Times evaluations on one thread, and rotations in turn with them. */
async function repeat(
  { stages }: EncodedPlan,
  input: EncryptedTensor,
  meter: CostMeter,
  { repetitions, signal }: BenchOptions,
  onDone: (count: number) => void,
): Promise<Repeated> {
  const [evaluations, perStage, rotations]: [number[], number[][], number[]] = [[], [], []];
  let { output } = await collect(forward(stages, input, { signal }));
  for (let i = 1; i <= repetitions; i++) {
    output[Symbol.dispose]();
    const run = await collect(forward(stages, input, { signal }));
    output = run.output;
    const milliseconds = run.traces.map((trace) => trace.milliseconds);
    perStage.push(milliseconds);
    evaluations.push(milliseconds.reduce((sum, taken) => sum + taken, 0));
    for (let k = 0; k < rotationsBetweenRuns; k++) rotations.push(meter.rotateOnce());
    onDone(i);
  }
  return {
    evaluations,
    stages: perStage,
    rotations,
    output,
    [Symbol.dispose]: () => output[Symbol.dispose](),
  };
}

/** The same evaluation by worker threads that share each stage, what they take in and give out included. */
async function measureShared({
  plan,
  keys,
  message,
  options: { threads, repetitions, signal },
}: {
  readonly plan: Plan;
  readonly keys: EvaluationKeys;
  readonly message: SerializedTensor;
  readonly options: BenchOptions;
}): Promise<ModelBench["sharedMilliseconds"]> {
  if (threads === 1) return undefined;
  const engine = await PackedEngine.start({ plan, keys, threads });
  try {
    const evaluations: number[] = [];
    for (let i = 0; i < repetitions; i++) {
      const { traces } = await collect(engine.forward(message, { signal }));
      evaluations.push(traces.reduce((sum, { milliseconds }) => sum + milliseconds, 0));
    }
    return { threads, ...minAndMedian(evaluations) };
  } finally {
    await engine.close();
  }
}

const minAndMedian = (values: readonly number[]) => ({ min: Math.min(...values), median: median(values) });

async function measurePrecision({
  client,
  server,
  encoded,
  plan,
  images,
  plainLogits = modelForward(plan.model, images).at(-1)!,
  options,
}: {
  readonly client: SecretContext;
  readonly server: PublicContext;
  readonly encoded: EncodedPlan;
  readonly plan: Plan;
  readonly images: Tensor;
  readonly plainLogits?: Tensor;
  readonly options: BenchOptions;
}): Promise<Precision> {
  const [count] = images.shape;
  let [maxAbsError, flips] = [0, 0];
  for (let i = 0; i < count; i++) {
    options.signal.throwIfAborted();
    options.onProgress(`${plan.model.name}: precision`, i, count);
    using input = server.load(client.encrypt(stack([imageAt(images, i)]), clientSpec(plan)));
    const { output } = await collect(forward(encoded.stages, input));
    const logits = imageAt(client.decrypt(server.save(output)), 0);
    output[Symbol.dispose]();
    const expected = imageAt(plainLogits, i);
    maxAbsError = Math.max(maxAbsError, errorStatistics(logits, expected).maxAbs);
    if (argmax(logits.data) !== argmax(expected.data)) flips++;
  }
  const largestLogit = maxAbs(plainLogits.data);
  return { images: count, maxAbsError, largestLogit, relativeToMax: maxAbsError / largestLogit, flips };
}

async function timed<T>(work: () => T | Promise<T>): Promise<[result: T, milliseconds: number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
