import Table from "cli-table3";
import { Command, Option } from "commander";
import { formatChoice } from "../he-ml/crypto/choose-evaluator.js";
import { formatChain } from "../he-ml/crypto/parameters.js";
import { loadModel } from "../he-ml/node/files/load-model.js";
import { modelFile } from "../he-ml/node/files/model-folder.js";
import { bench, type BenchModel, type BenchReport } from "../he-ml/node/bench.js";
import { benchBatch } from "../he-ml/node/bench-batch.js";
import { benchService } from "../he-ml/node/bench-service.js";
import { benchNetworks } from "../he-ml/service/bench-networks.js";
import { wholeNumber } from "./arguments.js";
import { batchBenchText } from "./batch-bench-text.js";
import type { CommandIo } from "./command-io.js";
import type { Shape } from "../he-ml/tensor/tensor.js";
import { evaluatorOption, type EvaluatorOption } from "./evaluator-option.js";
import { fitToModel } from "./fit-to-model.js";
import { datasetImages } from "./images-source.js";
import { inputShapeOption, loadInShape } from "./input-shape.js";
import { startProgress } from "./progress.js";
import { serviceBenchText } from "./service-bench-text.js";
import { referenceLogits } from "./reference-logits.js";
import { megabytes, percent } from "../viz/units.js";

interface BenchCommandOptions extends EvaluatorOption {
  readonly model?: string;
  readonly count: number;
  readonly packing: "packed" | "batch";
  readonly repetitions?: number;
  readonly threads: number;
  readonly inputShape?: Shape;
  readonly service?: boolean;
  readonly json?: boolean;
}

/** Measured where no model is named. */
const committedModels = ["mnist-small", "lenet1"];

/** `he-ml bench`: latency, sizes, precision, and the primitive costs of the same run. */
export function benchCommand(io: CommandIo): Command {
  return new Command("bench")
    .description(
      "measure latency of packed inference and one rotation in the same run, or throughput of whole batches",
    )
    .option("--model <M>", "a model file or name (default: both committed models and four other shapes)")
    .addOption(
      new Option("--packing <p>", "layout of ciphertexts").choices(["packed", "batch"]).default("packed"),
    )
    .option("--count <n>", "test images to measure precision on", wholeNumber(2, 10_000), 100)
    .option(
      "--repetitions <n>",
      "evaluations to time (default: 15; of whole batches 3)",
      wholeNumber(1, 10_000),
    )
    .option(
      "--threads <n>",
      "worker threads that share a stage's work, measured beside one",
      wholeNumber(1, 16),
      2,
    )
    .option("--service", "measure what the HTTP service adds to the library's own work, instead")
    .addOption(evaluatorOption("the kernels, and SEAL beside them"))
    .addOption(inputShapeOption())
    .option("--json", "print everything as JSON")
    .action((options: BenchCommandOptions) => run(options, io));
}

async function run(
  { model, packing, count, repetitions, threads, evaluator, inputShape, service, json }: BenchCommandOptions,
  { stdout, stderr, signal }: CommandIo,
): Promise<void> {
  const names = model === undefined ? committedModels : [model];
  if (service) return runService(names, { repetitions, json }, { stdout, stderr, signal });
  const models: BenchModel[] = [];
  const warn = (message: string) => void stderr.write(`he-ml: ${message}\n`);
  for (const name of names) models.push(await findBenchModel(name, count, inputShape, warn));
  if (packing === "batch")
    return runBatch(models, { repetitions, threads, evaluator, json }, { stdout, stderr, signal });
  if (model === undefined) models.push(...benchNetworks().map((network) => ({ model: network })));
  const progress = startProgress(stderr);
  const report = await bench(models, {
    ...(repetitions !== undefined && { repetitions }),
    threads,
    evaluator,
    signal,
    onProgress: (step, done, total) => progress.update(step, done, total),
  }).finally(() => progress.stop());
  stdout.write(json ? `${JSON.stringify(report)}\n` : `${benchText(report)}\n`);
}

async function runBatch(
  models: readonly BenchModel[],
  { json, ...options }: Pick<BenchCommandOptions, "repetitions" | "threads" | "evaluator" | "json">,
  { stdout, stderr, signal }: Pick<CommandIo, "stdout" | "stderr" | "signal">,
): Promise<void> {
  const progress = startProgress(stderr);
  const report = await benchBatch(models, {
    ...options,
    signal,
    onProgress: (step, done, total) => progress.update(step, done, total),
  }).finally(() => progress.stop());
  stdout.write(json ? `${JSON.stringify(report)}\n` : `${batchBenchText(report)}\n`);
}

async function runService(
  names: readonly string[],
  { repetitions: rounds, json }: Pick<BenchCommandOptions, "repetitions" | "json">,
  { stdout, stderr, signal }: Pick<CommandIo, "stdout" | "stderr" | "signal">,
): Promise<void> {
  const progress = startProgress(stderr);
  const report = await benchService(names, {
    rounds,
    signal,
    onProgress: (step, done, total) => progress.update(step, done, total),
  }).finally(() => progress.stop());
  stdout.write(json ? `${JSON.stringify(report)}\n` : `${serviceBenchText(report)}\n`);
}

async function findBenchModel(
  name: string,
  count: number,
  inputShape: Shape | undefined,
  warn: (message: string) => void,
): Promise<BenchModel> {
  const model = await loadInShape(loadModel, name, inputShape);
  if (model.dataset === undefined) return { model };
  const images = fitToModel((await datasetImages(model.dataset, 0, count)).images, model.inputShape, warn);
  return { model, images, plainLogits: await referenceLogits(await modelFile(name), images, warn) };
}

function benchText({ machine, primitives, models }: BenchReport): string {
  const latency = new Table({
    head: [
      "model",
      "evaluator",
      "min",
      "median",
      "in rotations",
      "shared",
      "predicted",
      "rotate",
      "× plain",
      "input",
      "keys",
    ],
    colAligns: ["left", "left", ...new Array<"right">(9).fill("right")],
    style: { head: [], border: [], compact: true },
  });
  for (const { model, evaluateMilliseconds, timesOneRotation, predictedOverMeasured, ...rest } of models) {
    latency.push([
      model,
      formatChoice(rest.evaluator),
      milliseconds(evaluateMilliseconds.min),
      milliseconds(evaluateMilliseconds.median),
      `${timesOneRotation.median.toFixed(1)} ×`,
      rest.sharedMilliseconds ? milliseconds(rest.sharedMilliseconds.median) : "",
      `${(100 * predictedOverMeasured).toFixed(0)} %`,
      rest.rotations,
      rest.stages.reduce((sum, { multiplyPlain }) => sum + multiplyPlain, 0),
      megabytes(rest.bytes.input),
      megabytes(rest.bytes.evaluationKeys),
    ]);
  }
  const rotate = primitives.rotate.map((taken, i) => `${taken.toFixed(2)} ms with ${i + 1}`);
  return [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, node-seal ${machine.seal}`,
    `one rotation at N = ${primitives.polyModulusDegree}: ${rotate.join(", ")} data primes`,
    latency.toString(),
    `one thread; "in rotations": median over the median of one rotation with all data primes; "shared": median with ` +
      `${models[0].sharedMilliseconds?.threads ?? 1} threads; ` +
      `"predicted": of the median`,
    ...models.map(({ model, stages, parameters, setupMilliseconds: { plan, keys, encode } }) => {
      const each = stages.map(
        ({ name, measuredMilliseconds, rotate: count }) =>
          `${name} ${milliseconds(measuredMilliseconds)}, ${count} rotations`,
      );
      return (
        `${model}: ${each.join("; ")}; N = ${parameters.polyModulusDegree}, primes ${formatChain(parameters)}; ` +
        `plan ${milliseconds(plan)}, keys ${milliseconds(keys)}, encode ${milliseconds(encode)}`
      );
    }),
    ...models.flatMap(({ model, compared }) =>
      compared.map(
        ({ evaluator, chain, evaluateMilliseconds, timesAsLong, parameters }) =>
          `${model}: ${evaluator} in turn with it, ${chain === "own" ? "by its own plan" : "planned for the same chain"} ` +
          `(primes ${formatChain(parameters)}): ${milliseconds(evaluateMilliseconds.median)}, ` +
          `${timesAsLong.median.toFixed(2)} times as long (min: ${timesAsLong.min.toFixed(2)})`,
      ),
    ),
    ...models.flatMap(({ model, precision }) =>
      precision
        ? [
            `${model}: ${precision.images} images, largest error ${percent(precision.relativeToMax)} of the largest ` +
              `logit, ${precision.flips} flips`,
          ]
        : [],
    ),
  ].join("\n");
}

const milliseconds = (taken: number) => `${taken.toPrecision(3)} ms`;
