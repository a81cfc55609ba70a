import { CostMeter } from "../he-ml/calibration/measure-costs.js";
import { planningCosts, thisMachine, type Machine } from "../he-ml/calibration/machine-costs.js";
import { byteLength } from "../he-ml/crypto/encrypted-tensor.js";
import { keyBytes } from "../he-ml/crypto/public-context.js";
import { SecretContext } from "../he-ml/crypto/secret-context.js";
import { PackedEngine } from "../he-ml/engine/packed-engine.js";
import { collect } from "../he-ml/layers/forward.js";
import { modelForward, type Model } from "../he-ml/model/model.js";
import type { ValueRange } from "../he-ml/model/value-range.js";
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
  /** The server's work alone, warm. */
  readonly evaluateMilliseconds: { readonly min: number; readonly median: number };
  /** The same in rotations at the top level, a few of which were timed after each evaluation: min / min, and medians. */
  readonly timesOneRotation: { readonly min: number; readonly median: number };
  readonly predictedMilliseconds: number;
  /** Predicted over measured (median). */
  readonly predictedOverMeasured: number;
  readonly setupMilliseconds: { readonly plan: number; readonly keys: number; readonly server: number };
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
  /** Worker threads that share a stage's work. */
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
  const [engine, server] = await timed(() => PackedEngine.start({ plan, keys, threads: options.threads }));
  progress(2);
  const meter = await CostMeter.open(plan.parameters);
  const primitives = meter.costs();
  progress(3);
  const spec = clientSpec(plan);
  const image = stack([images ? imageAt(images, 0) : zeros(model.inputShape)]);
  const [input, encrypt] = await timed(() => client.encrypt(image, spec));
  const rotations: number[] = [];
  const runs: { readonly milliseconds: number; readonly stages: readonly number[] }[] = [];
  let output = input;
  for (let i = 0; i < options.repetitions; i++) {
    options.signal.throwIfAborted();
    const run = await collect(engine.forward(input));
    output = run.output;
    const stages = run.traces.map(({ milliseconds }) => milliseconds);
    for (let k = 0; k < rotationsBetweenRuns; k++) rotations.push(meter.rotateOnce());
    runs.push({ milliseconds: stages.reduce((sum, taken) => sum + taken, 0), stages });
    progress(3 + i);
  }
  const [, decrypt] = await timed(() => client.decrypt({ ...output, slotLayout: spec.outputSlotLayout }));
  const all = runs.map(({ milliseconds }) => milliseconds);
  const explanation = explainPlan(plan, primitives);
  const bench: ModelBench = {
    model: model.name,
    packing: "packed",
    images: 1,
    evaluateMilliseconds: { min: Math.min(...all), median: median(all) },
    timesOneRotation: {
      min: Math.min(...all) / Math.min(...rotations),
      median: median(all) / median(rotations),
    },
    predictedMilliseconds: explanation.totals.predictedMilliseconds,
    predictedOverMeasured: explanation.totals.predictedMilliseconds / median(all),
    setupMilliseconds: { plan: planMilliseconds, keys: clientMilliseconds + keyMilliseconds, server },
    encryptMilliseconds: encrypt,
    decryptMilliseconds: decrypt,
    bytes: { input: byteLength(input), evaluationKeys: keyBytes(keys), output: byteLength(output) },
    parameters: explanation.parameters,
    stages: explanation.stages.map(({ name, ops, predictedMilliseconds }, i) => ({
      name,
      rotate: ops.rotate,
      multiplyPlain: ops.multiplyPlain,
      predictedMilliseconds,
      measuredMilliseconds: median(runs.map(({ stages }) => stages[i])),
    })),
    rotations: explanation.totals.ops.rotate,
    precision: images && (await measurePrecision({ client, engine, plan, images, plainLogits, options })),
  };
  await engine.close();
  return { bench, primitives };
}

async function measurePrecision({
  client,
  engine,
  plan,
  images,
  plainLogits = modelForward(plan.model, images).at(-1)!,
  options,
}: {
  readonly client: SecretContext;
  readonly engine: PackedEngine;
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
    const message = client.encrypt(stack([imageAt(images, i)]), clientSpec(plan));
    const { output } = await collect(engine.forward(message));
    const logits = imageAt(client.decrypt(output), 0);
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
